using System.Globalization;
using System.Net;
using System.Text;

namespace MergeHost.Cli.Reports;

/// <summary>Rows of a page: what people read, and what its pictures are drawn from.</summary>
/// <param name="Columns">The columns' names; one that begins with <c>#</c> holds numbers.</param>
/// <param name="Rows">The rows, a cell a column.</param>
internal sealed record PageTable(IReadOnlyList<string> Columns, IReadOnlyList<PageCell[]> Rows)
{
    /// <summary>As HTML.</summary>
    /// <param name="caption">What the table holds, as text.</param>
    public string ToHtml(string caption)
    {
        StringBuilder html = new();
        html.Append(CultureInfo.InvariantCulture,
            $"<div class=\"wide\" tabindex=\"0\" role=\"group\" "
                + $"aria-label=\"{Text(caption)}\"><table><caption>{Text(caption)}</caption><thead><tr>");
        foreach (string column in Columns)
        {
            html.Append(CultureInfo.InvariantCulture,
                $"<th scope=\"col\"{(column.StartsWith('#') ? " class=\"n\"" : "")}>{Text(column.TrimStart('#'))}</th>");
        }

        html.Append("</tr></thead><tbody>\n");
        foreach (PageCell[] row in Rows)
        {
            html.Append("<tr>");
            foreach ((int index, PageCell cell) in row.Index())
            {
                html.Append(Columns[index].StartsWith('#') ? "<td class=\"n\"" : "<td")
                    .Append(cell.Value is { } value && double.IsFinite(value)
                        ? string.Create(CultureInfo.InvariantCulture, $" data-v=\"{value:G6}\">")
                        : ">")
                    .Append(Text(cell.Text)).Append("</td>");
            }

            html.Append("</tr>\n");
        }

        return html.Append("</tbody></table></div>\n").ToString();
    }

    private static string Text(string text) => WebUtility.HtmlEncode(text);
}

/// <summary>A cell of a table.</summary>
/// <param name="Text">As people read it.</param>
/// <param name="Value">The number that pictures and sorting take.</param>
internal readonly record struct PageCell(string Text, double? Value = null)
{
    public static implicit operator PageCell(string text) => new(text);

    public static implicit operator PageCell(int number) => new(number.ToString(CultureInfo.InvariantCulture), number);

    /// <summary>A number with few digits; nothing for none.</summary>
    public static PageCell Of(double? value, string format = "G4") =>
        value is { } number && !double.IsNaN(number) ? new(number.ToString(format, CultureInfo.InvariantCulture), number) : new("");

    /// <summary>A share, which pictures take in percent.</summary>
    public static PageCell Percent(double? share) =>
        share is { } value ? new(Output.Formatting.Numbers.Percent(value), 100 * value) : new("");
}
