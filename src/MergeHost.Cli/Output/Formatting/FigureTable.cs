using System.Globalization;
using MergeHost.Reports;

namespace MergeHost.Cli.Output.Formatting;

/// <summary>The figures that a builder noted of tensors, one line a tensor.</summary>
internal static class FigureTable
{
    /// <summary>Writes them, if there are any.</summary>
    public static void Write(MergeManifest manifest)
    {
        ManifestTensor[] noted = [.. manifest.Tensors.Where(tensor => tensor.Figures is not null)];
        string[] figures = [.. noted.SelectMany(tensor => tensor.Figures!.Keys).Distinct()];
        if (figures.Length > 0)
        {
            Columns.Write(
                [
                    ["tensor", .. figures],
                    .. noted.Select(tensor => (string[])[tensor.Name,
                        .. figures.Select(figure => tensor.Figures!.TryGetValue(figure, out double value)
                            ? value.ToString("G4", CultureInfo.InvariantCulture)
                            : "")]),
                ],
                indent: 2);
        }
    }
}
