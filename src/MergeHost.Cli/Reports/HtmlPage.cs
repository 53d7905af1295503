using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace MergeHost.Cli.Reports;

/// <summary>A page that needs nothing but itself: a verdict, pictures with the tables behind
/// them, and where the numbers come from.</summary>
/// <param name="title">Its title.</param>
/// <param name="verdict">What it says, in a sentence.</param>
internal sealed class HtmlPage(string title, string verdict)
{
    private const string Policy = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:";

    private static readonly JsonSerializerOptions _json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault,
    };

    private readonly StringBuilder _body = new();
    private readonly List<(string Name, string Text)> _facts = [];
    private readonly List<(string Name, string Text)> _files = [];
    private bool _hasPlots;

    /// <summary>Begins a part.</summary>
    public HtmlPage Section(string heading) => Add($"<h2>{Text(heading)}</h2>\n");

    /// <summary>Begins a part of a part.</summary>
    public HtmlPage Subsection(string heading) => Add($"<h3>{Text(heading)}</h3>\n");

    /// <summary>Adds sentences.</summary>
    public HtmlPage Note(string text) => Add($"<p class=\"note\">{Text(text)}</p>\n");

    /// <summary>Adds pictures with the table that they are drawn from, folded away.</summary>
    public HtmlPage Figure(string caption, PageTable table, params PagePlot[] plots)
    {
        if (table.Rows.Count == 0)
        {
            return this;
        }

        _hasPlots = true;
        Add($"<figure><figcaption>{Text(caption)}</figcaption>\n");
        foreach (PagePlot plot in plots)
        {
            Add($"<div class=\"plot\" data-plot=\"{Text(JsonSerializer.Serialize(plot, _json))}\"></div>\n");
        }

        return Add($"<details><summary>Numbers</summary>{table.ToHtml(caption)}</details></figure>\n");
    }

    /// <summary>Adds a table; nothing without rows.</summary>
    public HtmlPage Table(string caption, PageTable table) =>
        table.Rows.Count == 0 ? this : Add($"<figure>{table.ToHtml(caption)}</figure>\n");

    /// <summary>Adds a table that is folded away; nothing without rows.</summary>
    public HtmlPage Folded(string caption, PageTable table) =>
        table.Rows.Count == 0
            ? this
            : Add($"<figure><details><summary>{Text(caption)}</summary>{table.ToHtml(caption)}</details></figure>\n");

    /// <summary>Says where numbers come from, at the foot of the page.</summary>
    public HtmlPage Fact(string name, string? text)
    {
        if (text is { Length: > 0 })
        {
            _facts.Add((name, text));
        }

        return this;
    }

    /// <summary>Adds a text at the foot of the page, such as a recipe, folded away.</summary>
    public HtmlPage File(string name, string text)
    {
        _files.Add((name, text));
        return this;
    }

    /// <summary>The whole page.</summary>
    public string ToHtml()
    {
        StringBuilder html = new();
        html.Append(CultureInfo.InvariantCulture, $"""
            <!DOCTYPE html>
            <html lang="en">
            <head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="{Policy}">
            <meta name="viewport" content="width=device-width, initial-scale=1"><title>{Text(title)}</title>
            <style>
            {Asset("page.css")}</style></head>
            <body>
            <main>
            <h1>{Text(title)}</h1>
            <p class="verdict">{Text(verdict)}</p>
            {_body}</main>
            <footer>
            <h2>Where this comes from</h2>
            <dl>{string.Concat(_facts.Select(fact => $"<dt>{Text(fact.Name)}</dt><dd>{Text(fact.Text)}</dd>\n"))}</dl>
            {string.Concat(_files.Select(file => $"<details><summary>{Text(file.Name)}</summary><pre "
                + $"tabindex=\"0\">{Text(file.Text)}</pre></details>\n"))}
            """);
        html.Append(_hasPlots
            ? "<details><summary>Licences of the libraries in this page</summary><pre "
                + $"tabindex=\"0\">{Text(Asset("LICENSES.txt"))}</pre></details>\n"
            : "");
        html.Append("</footer>\n");
        foreach (string script in _hasPlots ? (string[])["d3.min.js", "plot.umd.min.js", "page.js"] : ["page.js"])
        {
            html.Append(CultureInfo.InvariantCulture, $"<script>{Asset(script)}</script>\n");
        }

        return html.Append("</body>\n</html>\n").ToString();
    }

    private HtmlPage Add(string html)
    {
        _body.Append(html);
        return this;
    }

    private static string Text(string text) => WebUtility.HtmlEncode(text);

    private static string Asset(string name)
    {
        using Stream stream = typeof(HtmlPage).Assembly.GetManifestResourceStream(name)!;
        using StreamReader reader = new(stream);
        return reader.ReadToEnd();
    }
}
