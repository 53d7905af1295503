using System.Globalization;
using System.Text;
using MergeHost.Plugins;
using MergeHost.Plugins.Metadata;
using MergeHost.Reports;
using MergeHost.Strategies;
using MergeHost.Summaries;

namespace MergeHost.Authoring;

/// <summary>Writes a recipe to begin with: what must be said is said, what may be said stands in comments with its default.</summary>
internal static class RecipeDraft
{
    /// <summary>The schema's name beside a recipe, by which editors find it.</summary>
    public const string SchemaFile = "mergehost.schema.json";

    /// <summary>Writes a recipe of one stage.</summary>
    /// <exception cref="MergeHostException">There is no such strategy, or it merges another number of models.</exception>
    public static string Write(string method, IReadOnlyList<string> models, string? @base, PluginCatalog catalog, PluginHost host)
    {
        ExportSummary summary = PluginSummarizer.Strategy(method, catalog, host);
        Check(catalog.Exports(ExportKind.Strategy).First(strategy => strategy.Export.Id == method).Export, models, @base);
        StringBuilder text = new();
        text.Append(CultureInfo.InvariantCulture, $"# yaml-language-server: $schema={SchemaFile}\n");
        AppendComment(text, "", $"{method}: {summary.Description}");
        text.Append(CultureInfo.InvariantCulture, $"merge_method: {method}\n");
        if (@base is not null)
        {
            text.Append(CultureInfo.InvariantCulture, $"base_model: {Quoted(@base)}\n");
        }

        text.Append("models:\n");
        foreach (string model in models)
        {
            text.Append(CultureInfo.InvariantCulture, $"  - model: {Quoted(model)}\n");
            AppendOptions(text, [.. summary.Options.Where(option => option.IsPerSource)], "    ", explains: model == models[0], model);
        }

        AppendOptions(text, [.. summary.Options.Where(option => !option.IsPerSource)], "", explains: true, @base ?? models[0]);
        AppendComment(text, "",
            "The type of the output's tensors; without it, each keeps the type it has in the base or in the first model.");
        text.Append("# dtype: bfloat16\n");
        return text.ToString();
    }

    private static void Check(PluginExport strategy, IReadOnlyList<string> models, string? @base)
    {
        if (strategy.Base == BaseUse.Required && @base is null)
        {
            throw new MergeHostException(new Problem(ErrorCodes.SourceCount, $"'{strategy.Id}' needs a base, and none is named",
                "Name the model that the others were trained from by --base."), null);
        }

        if (strategy.Base == BaseUse.None && @base is not null)
        {
            throw new MergeHostException(new Problem(ErrorCodes.SourceCount, $"'{strategy.Id}' takes no base, but '{@base}' is named",
                "Leave out --base, or choose another method."), null);
        }

        if (models.Count < strategy.MinSources || models.Count > strategy.MaxSources)
        {
            string wanted = strategy.MinSources == strategy.MaxSources ? $"{strategy.MinSources}"
                : strategy.MaxSources == int.MaxValue
                    ? $"at least {strategy.MinSources}"
                    : $"{strategy.MinSources} to {strategy.MaxSources}";
            throw new MergeHostException(new Problem(ErrorCodes.SourceCount,
                $"'{strategy.Id}' merges {wanted} models{(strategy.Base == BaseUse.Required ? " into a base" : "")}, found {models.Count}",
                "Name each by --model."), null);
        }
    }

    private static void AppendOptions(StringBuilder text, OptionSummary[] options, string indent, bool explains, string model)
    {
        if (options.Length == 0)
        {
            return;
        }

        bool isSaid = options.Any(option => option.Default is null);
        if (!isSaid && !explains)
        {
            return;
        }

        string comment = isSaid ? "" : "# ";
        text.Append(CultureInfo.InvariantCulture, $"{indent}{comment}parameters:\n");
        foreach (OptionSummary option in options.Where(option => explains || option.Default is null))
        {
            if (explains)
            {
                string range = option.Range is null ? "" : $" in {option.Range}";
                AppendComment(text, indent + "  ", $"{option.Type}{range}: {option.Description}");
            }

            text.Append(CultureInfo.InvariantCulture,
                $"{indent}  {(option.Default is null ? "" : "# ")}{option.Name}: {option.Default ?? First(option, model)}\n");
        }
    }

    // What a required number may be: the whole of a model, or the middle of the way; of a file, a name to begin with.
    private static string First(OptionSummary option, string model) => option.Type switch
    {
        "checkpoint" => Quoted($"{Path.GetFileName(Path.TrimEndingDirectorySeparator(model))}.{option.Name}.safetensors"),
        "number" => option.Name == "weight" ? "1.0" : "0.5",
        "whole number" => "1",
        "true or false" => "true",
        _ => option.Type.Split(" or ")[0],
    };

    private static void AppendComment(StringBuilder text, string indent, string comment)
    {
        const int width = 100;
        string line = $"{indent}#";
        foreach (string word in comment.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.Length + 1 + word.Length > width)
            {
                text.Append(line).Append('\n');
                line = $"{indent}#";
            }

            line += $" {word}";
        }

        text.Append(line).Append('\n');
    }

    // Words that mean something else to some reader of YAML are quoted, and so is what is empty.
    private static string Quoted(string text) =>
        text.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '/' or '.' or '_' or '-')
            && text is [>= 'A' and <= 'Z' or >= 'a' and <= 'z', ..] && !text.EndsWith('.')
            && text.ToLowerInvariant() is not ("null" or "true" or "false" or "yes" or "no" or "on" or "off" or "y" or "n")
            ? text
            : $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";
}
