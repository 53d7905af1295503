using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using OxyPlot;

namespace MergeHost.Cli.Reports;

/// <summary>Pictures as SVG that stands in a page.</summary>
internal static class SvgPlot
{
    /// <summary>The font of all pictures.</summary>
    public const string Font = "sans-serif";

    private static readonly RoomyText _measurer = new();

    /// <summary>The picture, 900 units wide; it shrinks with the page as far as it can be read, and scrolls from there on.</summary>
    public static string Export(PlotModel model, double height)
    {
        string svg = new SvgExporter { Width = 900, Height = height, IsDocument = false, UseVerticalTextAlignmentWorkaround = true, TextMeasurer = _measurer }.ExportToString(model);

        // Names in a picture hold for the whole page, so that each picture needs its own.
        string size = string.Create(CultureInfo.InvariantCulture, $"<svg viewBox=\"0 0 900 {height}\" ");
        string name = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(svg)))[..12];
        string drawn = Regex.Replace(svg[(svg.IndexOf("<svg", StringComparison.Ordinal) + 5)..], @"clipPath(?=\d)", $"clip-{name}-");
        return $"<div class=\"wide\">{size}{drawn}</div>";
    }

    // Which font a browser takes is not known here: there is room for a wide one.
    private sealed class RoomyText() : PdfRenderContext(1, 1, OxyColors.White)
    {
        public override OxySize MeasureText(string text, string fontFamily, double fontSize, double fontWeight) =>
            new(0.62 * fontSize * (text?.Length ?? 0), 1.3 * fontSize);
    }
}
