using System.Globalization;
using System.Net;
using System.Text;

namespace MergeHost.Cli.Reports;

/// <summary>A page that needs nothing but itself.</summary>
internal static class HtmlPage
{
    private const string Style = """
        body { font: 15px/1.5 sans-serif; color: #222; max-width: 960px; margin: 2em auto; padding: 0 1em; }
        h1 { font-size: 1.4em; } h2 { font-size: 1.2em; margin-top: 2em; border-bottom: 1px solid #ccc; } h3 { font-size: 1em; margin-top: 2em; }
        svg { max-width: 100%; min-width: 600px; height: auto; }
        .wide { overflow-x: auto; }
        table { border-collapse: collapse; font-size: 13px; font-variant-numeric: tabular-nums; }
        th, td { padding: 2px 8px; text-align: right; white-space: nowrap; } th:first-child, td:first-child { text-align: left; }
        tr:nth-child(even) td { background: #f5f5f5; }
        td.aggressive { border-right: 2px solid #c0392b; } td.balanced { border-right: 2px solid #d68910; } td.conservative { border-right: 2px solid #2471a3; }
        .note { color: #555; } summary { cursor: pointer; }
        """;

    /// <summary>The whole page.</summary>
    /// <param name="title">Its title, as text.</param>
    /// <param name="body">What follows the title, as HTML.</param>
    public static string Of(string title, StringBuilder body) => $"""
        <!DOCTYPE html>
        <html lang="en">
        <head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{Text(title)}</title><style>{Style}</style></head>
        <body>
        <h1>{Text(title)}</h1>
        {body}</body>
        </html>

        """;

    /// <summary>Writes a page to a file.</summary>
    /// <exception cref="MergeHostException">It cannot be written.</exception>
    public static void Save(string path, string page)
    {
        try
        {
            File.WriteAllText(path, page);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new MergeHostException([new Problem(ErrorCodes.WriteFailed, $"{path}: {exception.Message.TrimEnd('.')}", "Name a file in a folder that is there.")]);
        }
    }

    /// <summary>Makes sure before any work that a page can be written.</summary>
    /// <exception cref="MergeHostException">MH5007: its folder is not there, or the path is that of a folder.</exception>
    public static void Check(string path)
    {
        string folder = Path.GetDirectoryName(Path.GetFullPath(path)) ?? "";
        if (Directory.Exists(path) || !Directory.Exists(folder))
        {
            throw new MergeHostException([new Problem(
                ErrorCodes.WriteFailed, Directory.Exists(path) ? $"{path}: this is a folder" : $"{path}: there is no folder '{folder}'", "Name a file in a folder that is there.")]);
        }
    }

    /// <summary>Text as HTML.</summary>
    public static string Text(string text) => WebUtility.HtmlEncode(text);

    /// <summary>A table; the first column stands on the left, all others on the right.</summary>
    /// <param name="header">The header's cells, as text.</param>
    /// <param name="rows">Rows of cells that <see cref="Cell"/> made.</param>
    public static string Table(IEnumerable<string> header, IEnumerable<IEnumerable<string>> rows) =>
        $"<div class=\"wide\"><table><tr>{string.Concat(header.Select(cell => $"<th>{Text(cell)}</th>"))}</tr>{string.Concat(rows.Select(row => $"<tr>{string.Concat(row)}</tr>"))}</table></div>";

    /// <summary>A table of text.</summary>
    public static string Table(IEnumerable<string> header, IEnumerable<IReadOnlyList<string>> rows) => Table(header, rows.Select(row => row.Select(Cell)));

    /// <summary>A cell of a table.</summary>
    public static string Cell(string text) => $"<td>{Text(text)}</td>";

    /// <summary>The numbers behind a picture, folded away.</summary>
    /// <param name="table">A table.</param>
    public static string Numbers(string table) => $"<details><summary>Numbers</summary>{table}</details>\n";

    /// <summary>A number with few digits; nothing for none.</summary>
    public static string Number(double? value) => value is not { } number || double.IsNaN(number) ? "" : number.ToString("G4", CultureInfo.InvariantCulture);

    /// <summary>A share in percent; nothing for none.</summary>
    public static string Percent(double? share) => share is { } value ? Output.Numbers.Percent(value) : "";
}
