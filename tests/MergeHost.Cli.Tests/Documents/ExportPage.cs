using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using MergeHost.Reports;

namespace MergeHost.Cli.Tests.Documents;

/// <summary>The page of something that a plugin exports, made of what <c>plugins show</c> and <c>strategies explain</c> know.</summary>
internal static partial class ExportPage
{
    private const string Note = "<!-- Made of doc comments by ReferencePageTests, which write it again with MERGEHOST_REWRITE=1. -->\n";

    /// <summary>The folders of <c>docs/reference</c>, by kind, with their titles.</summary>
    public static IReadOnlyDictionary<string, (string Folder, string Title)> Kinds { get; } = new Dictionary<string, (string, string)>
    {
        ["strategy"] = ("strategies", "Strategies"),
        ["scorer"] = ("scorers", "Scorers"),
        ["builder"] = ("builders", "Builders"),
        ["format"] = ("formats", "Formats"),
        ["transform"] = ("transforms", "Transforms"),
        ["alignment"] = ("alignments", "Alignments"),
        ["store"] = ("stores", "Stores"),
        ["benchmark"] = ("benchmarks", "Benchmarks"),
        ["runtime"] = ("runtimes", "Runtimes"),
    };

    public static string PathOf(ExportSummary export) => $"docs/reference/{Address(export)}";

    /// <summary>The page.</summary>
    /// <param name="export">What it is about.</param>
    /// <param name="recipe">A recipe of <c>recipes/</c> that uses it, or <see langword="null"/>.</param>
    public static string Write(ExportSummary export, string? recipe)
    {
        StringBuilder page = new($"{Note}# {export.Id}\n\n{Plain(export.Description)}\n\n");
        page.Append(CultureInfo.InvariantCulture, $"A {export.Kind} of plugin `{export.Plugin.Split(' ')[0]}`");
        page.Append(export.Models is { } models ? $"; merges {models}.\n" : ".\n");
        if (export.Files.Count > 0)
        {
            page.Append(CultureInfo.InvariantCulture, $"\nOpens {string.Join(", ", export.Files.Select(file => $"`{file}`"))}.\n");
        }

        AppendPart("To be known", export.Remarks);
        AppendPart("Evidence", export.Evidence);
        AppendPart("When it does badly", export.Failure);
        AppendPart("Cost", export.Cost);
        if (export.Sources.Count > 0)
        {
            page.Append("\n## Source\n\n")
                .AppendJoin("", export.Sources.Select(source => $"- [{Plain(source.Title)}]({source.Address})\n"));
        }

        if (export.Options.Count > 0)
        {
            page.Append("\n## Parameters\n\n| parameter | type | range | default | what it does |\n| --- | --- | --- | --- | --- |\n");
            page.AppendJoin("", export.Options.Select(Row));
        }

        if (recipe is not null)
        {
            string text = Markdown.Read(recipe).TrimEnd();
            page.Append(CultureInfo.InvariantCulture, $"\n## A recipe\n\n<!-- from {recipe} -->\n```yaml\n{text}\n```\n");
        }

        return page.ToString();

        void AppendPart(string title, string? text)
        {
            if (text is not null)
            {
                page.Append(CultureInfo.InvariantCulture, $"\n## {title}\n\n{Plain(text)}\n");
            }
        }
    }

    /// <summary>The page that lists all.</summary>
    public static string Index(IEnumerable<ExportSummary> exports)
    {
        StringBuilder page = new($"{Note}# What plugins export\n\nA page each, with parameters, defaults and ranges. ");
        page.Append("`mergehost plugins show NAME` and `strategies explain NAME` print the same of what is installed.\n");
        foreach (IGrouping<string, ExportSummary> kind in exports.GroupBy(export => export.Kind))
        {
            page.Append(CultureInfo.InvariantCulture, $"\n## {Kinds[kind.Key].Title}\n\n| name | what it does |\n| --- | --- |\n");
            page.AppendJoin("", kind.Select(Row));
        }

        return page.ToString();
    }

    /// <summary>The table of contents for docfx.</summary>
    public static string Contents(IEnumerable<ExportSummary> exports)
    {
        StringBuilder toc = new("""
            - name: Recipes, field by field
              href: recipe.md
            - name: Commands, option by option
              href: commands.md
            - name: What plugins export
              href: index.md

            """);
        foreach (IGrouping<string, ExportSummary> kind in exports.GroupBy(export => export.Kind))
        {
            toc.Append(CultureInfo.InvariantCulture, $"- name: {Kinds[kind.Key].Title}\n  items:\n");
            toc.AppendJoin("", kind.Select(export => $"  - name: {export.Id}\n    href: {Address(export)}\n"));
        }

        return toc.ToString();
    }

    /// <summary>A text in which nothing is markup.</summary>
    public static string Plain(string? text) => Markup.Replace(text ?? "", @"\$0");

    private static string Row(ExportSummary export) =>
        $"| [{export.Id}]({Address(export)}) | {Plain(FirstSentence(export.Description))} |\n";

    private static string Address(ExportSummary export) => $"{Kinds[export.Kind].Folder}/{export.Id}.md";

    private static string Row(OptionSummary option)
    {
        string type = Plain(option.Type) + (option.IsPerSource ? ", for each model" : "");
        string standard = option.Default is null ? "required" : $"`{option.Default}`";
        return $"| `{option.Name}` | {type} | {Plain(option.Range)} | {standard} | {Plain(option.Description)} |\n";
    }

    private static string FirstSentence(string? text) => Sentence.Match(text ?? "").Value.TrimEnd(':');

    [GeneratedRegex(@"[\\*_<>|\[\]]")]
    private static partial Regex Markup { get; }

    [GeneratedRegex(@"^.*?([.:](?=\s)|$)", RegexOptions.Singleline)]
    private static partial Regex Sentence { get; }
}
