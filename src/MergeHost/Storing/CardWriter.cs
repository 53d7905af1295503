using System.Globalization;
using System.Text;
using MergeHost.Reports;
using MergeHost.Storage;
using MergeHost.Storage.Text;
using MergeHost.Yaml;

namespace MergeHost.Storing;

/// <summary>Writes the card of an output: front matter as the hub expects it, then what was merged
/// how, and what holds for its licence.</summary>
internal static class CardWriter
{
    /// <summary>The file that says which licence holds for which model, where they differ.</summary>
    public const string LicensesName = "LICENSES.md";

    // By this a card is known as one that may be written again.
    private const string Mark = "<!-- Written by mergehost merge; without this line it is left as it is. -->";
    private const int MostCharacters = 200;

    /// <summary>Whether a card, or the licences beside it, may be written over what is there.</summary>
    /// <exception cref="IOException">What is there cannot be read.</exception>
    public static bool MayReplace(string path) =>
        !File.Exists(path)
            || (FileIdentity.Of(path).LengthBytes <= ModelCard.MostBytes
                && File.ReadAllText(path).Contains(Mark, StringComparison.Ordinal));

    /// <summary>The card, and the licences where they differ.</summary>
    /// <param name="manifest">What was made, with its evaluation if there is one.</param>
    /// <param name="sources">What it was made of.</param>
    public static (string Card, string? Licenses) Write(MergeManifest manifest, IReadOnlyList<CardSource> sources)
    {
        bool allKnown = sources.Count > 0 && sources.All(source => source.Card?.LicenseId is not null);
        (string?, string?, string?)[] licenses = [.. sources.Select(source => (source.Card?.LicenseId, source.Card?.License,
            source.Card?.LicenseLink)).Distinct()];
        StringBuilder text = new("---\n");
        AppendList(text, "base_model", sources.Where(source => source.IsOfHub).Select(source => source.Name));
        Append(text, "base_model_relation", "merge");
        Append(text, "library_name", Library(manifest));
        AppendList(text, "tags", ["merge", manifest.Stages[^1].Method.Replace('_', '-')]);
        if (allKnown && licenses.Length == 1)
        {
            ModelCard card = sources[0].Card!;
            Append(text, "license", card.LicenseId);
            Append(text, "license_name", card.LicenseId == card.License ? null : card.License);
            Append(text, "license_link", card.LicenseLink);
        }
        else if (allKnown)
        {
            Append(text, "license", "other");
            Append(text, "license_name", "mixed");
            Append(text, "license_link", LicensesName);
        }

        AppendList(text, "language", sources.SelectMany(source => source.Card?.Languages ?? []).Distinct());
        Append(text, "pipeline_tag",
            sources.Select(source => source.Card?.PipelineTag).OfType<string>().Distinct().ToArray() is [string task] ? task : null);
        text.Append("---\n").Append(Mark).Append("\n\n");
        AppendBody(text, manifest);
        string table = Licenses(sources);
        text.Append("## Licence\n\n").Append(allKnown && licenses.Length == 1
            ? $"{Plain(sources[0].Card!.License!)}, as for all models it was made of.\n"
            : allKnown ? $"The models are under different licences; what holds for the merge is for its author to say.\n\n{table}"
            : $"Not every model says under which licence it is, so that none is named for the merge.\n\n{table}");
        return (text.ToString(), allKnown && licenses.Length > 1 ? $"{Mark}\n\n# Licences of the models\n\n{table}" : null);
    }

    // Not the folder's name: the same merge has the same card anywhere.
    private static string Title(MergeManifest manifest) => manifest.Stages[^1].Name ?? $"Merge by {manifest.Stages[^1].Method}";

    private static void AppendBody(StringBuilder text, MergeManifest manifest)
    {
        ManifestStage last = manifest.Stages[^1];
        text.Append(CultureInfo.InvariantCulture, $"# {Plain(Title(manifest))}\n\n");
        text.Append(CultureInfo.InvariantCulture,
            $"{last.Inputs.Count} models, merged by MergeHost {manifest.MergeHost}.\n\n## Recipe\n\n");
        string fence = manifest.Recipe.Contains("```", StringComparison.Ordinal) ? "~~~~" : "```";
        text.Append(CultureInfo.InvariantCulture, $"{fence}yaml\n{manifest.Recipe.TrimEnd()}\n{fence}\n\n");
        if (manifest.Evaluation is { } evaluation)
        {
            AppendResults(text, evaluation);
        }

        text.Append(
            "## How it was made\n\n`mergehost.json` has the digests of all models and of each tensor; `mergehost verify .` compares them.\n"
                + "\n");
        text.Append(CultureInfo.InvariantCulture, $"- seed {manifest.Seed}, device {manifest.Device}, format {manifest.Format}\n");
        text.Append(CultureInfo.InvariantCulture,
            $"- plugins: {string.Join(", ", manifest.Plugins.Select(plugin => $"{plugin.Id} {plugin.Version}"))}\n");
        foreach (ManifestInput input in manifest.Stages.SelectMany(stage => stage.Inputs))
        {
            text.Append(CultureInfo.InvariantCulture,
                $"- {Plain(input.Name)}: {string.Concat((input.Origins ?? []).Select(origin => $"{Plain(origin)}, "))}digest "
                    + $"{input.Digest}\n");
        }

        foreach (string warning in manifest.Warnings)
        {
            text.Append(CultureInfo.InvariantCulture, $"- {Plain(warning)}\n");
        }

        text.Append('\n');
    }

    private static void AppendResults(StringBuilder text, EvaluationSummary evaluation)
    {
        TaskSummary[] tasks = evaluation.Models[0].Tasks is { } all ? [.. all.Where(task => task.IsMain)] : [];
        text.Append(CultureInfo.InvariantCulture,
            $"## Results\n\nBy the suite {Plain(evaluation.Suite)}; ± is half of a bootstrap interval of 95 %.\n\n");
        text.Append(CultureInfo.InvariantCulture,
            $"| task | metric |{string.Concat(evaluation.Models.Select(
                model => $" {Plain(Path.GetFileName(Path.TrimEndingDirectorySeparator(model.Name)))} |"))}\n");
        text.Append(CultureInfo.InvariantCulture, $"| --- | --- |{string.Concat(evaluation.Models.Select(_ => " ---: |"))}\n");
        foreach (TaskSummary task in tasks)
        {
            IEnumerable<TaskSummary> values =
                evaluation.Models.Select(model => model.Tasks.First(other => other.Task == task.Task && other.Metric == task.Metric));
            text.Append(CultureInfo.InvariantCulture,
                $"| {Plain(task.Task)} | {Plain(task.Metric)} |{string.Concat(values.Select(value => $" {Value(value)} |"))}\n");
        }

        text.Append('\n');
    }

    private static string Value(TaskSummary task)
    {
        double scale = task.HigherIsBetter ? 100 : 1;
        string interval = task is { Low: { } low, High: { } high }
            ? string.Create(CultureInfo.InvariantCulture, $" ±{scale * (high - low) / 2:0.0#}")
            : "";
        return string.Create(CultureInfo.InvariantCulture, $"{scale * task.Value:0.0#}{interval}{(task.HigherIsBetter ? " %" : "")}");
    }

    private static string Licenses(IReadOnlyList<CardSource> sources) =>
        $"| model | licence |\n| --- | --- |\n{string.Concat(sources.Select(source =>
            $"| {Plain(source.Name)} | {LicenseOf(source)} |\n"))}";

    // The hub may not have answered: only a card that was read can lack a licence.
    private static string LicenseOf(CardSource source) => source switch
    {
        { Card.License: { } license } => Plain(license),
        { IsOfHub: false } => "local, none known",
        { Card: null } => "no card could be read",
        _ => "none given",
    };

    private static string? Library(MergeManifest manifest) =>
        manifest.Files.Any(file => file.Name == "adapter_config.json") ? "peft" : manifest.Format == "gguf" ? null : "transformers";

    private static void AppendList(StringBuilder text, string field, IEnumerable<string> values)
    {
        string[] all = [.. values];
        if (all.Length > 0)
        {
            text.Append(CultureInfo.InvariantCulture, $"{field}:\n{string.Concat(all.Select(value => $"- {Quoted(value)}\n"))}");
        }
    }

    private static void Append(StringBuilder text, string field, string? value) =>
        text.Append(value is null ? "" : $"{field}: {Quoted(value)}\n");

    // Words of cards are those of strangers: quoted they are texts, whatever they look like.
    private static string Quoted(string value) => YamlText.Of(new YamlScalar(Short(value), IsPlain: false, new TextPlace("", 1, 1)));

    // Nothing of a name starts a cell, a link, a picture or a tag.
    private static string Plain(string text) =>
        string.Concat(Short(text).Select(sign => sign is '|' or '<' or '>' or '[' or ']' or '`' or '\\' or '*' ? $"\\{sign}" : $"{sign}"));

    private static string Short(string text) => string.Concat(text.Take(MostCharacters).Select(sign => char.IsControl(sign) ? ' ' : sign));
}
