using System.Text.Json;
using System.Text.Json.Serialization;
using MergeHost.Output;
using MergeHost.Plans;
using MergeHost.Running.Statistics;
using MergeHost.Storage;

namespace MergeHost.Running.Parts;

/// <summary>What was found of whole models before any part is made, in the folder that the parts share: a file for each question.</summary>
/// <param name="place">The output of the stage.</param>
/// <param name="command">The command that makes the whole output, for messages.</param>
internal sealed class Survey(OutputPlace place, string command)
{
    private const int MostBytes = 1 << 29;
    private const string ChoicesName = "choices";

    private static readonly JsonSerializerOptions _json = new()
    {
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        WriteIndented = true,
    };

    /// <summary>The result of a statistic that is taken over the model, by its number; <see langword="null"/> if it is not there.</summary>
    public MeasuredResult? Find(int question) => Read<MeasuredResult>($"statistic-{question}");

    /// <summary>Keeps the result of a statistic.</summary>
    public void Keep(int question, MeasuredResult result) => Write($"statistic-{question}", result);

    /// <summary>What a selection chose, in the order of its pairs; <see langword="null"/> if it is not there.</summary>
    public IReadOnlyList<TensorChoice>? FindChoices(SelectionPlan selection)
    {
        if (Read<KeptChoice[]>(ChoicesName) is not { } kept || kept.Length != selection.Pairs.Count)
        {
            return null;
        }

        return [.. selection.Pairs.Zip(kept, (pair, choice) => new TensorChoice(pair, choice.Score, choice.IsChosen))];
    }

    /// <summary>Keeps what a selection chose.</summary>
    public void KeepChoices(IReadOnlyList<TensorChoice> choices) =>
        Write(ChoicesName, choices.Select(choice => new KeptChoice(choice.Pair.Name, choice.Score, choice.IsChosen)).ToArray());

    /// <summary>The error for what is not there when it is needed.</summary>
    public OutputException Missing() => OutputException.PartsMissing(
        $"{place.Path}: the survey of the whole models, which all parts need, is not finished",
        $"Run `{command} --survey 1/1` first, or each of its own parts, such as `--survey 1/2`.");

    private string PathOf(string name) => Path.Combine(place.PartsPath, $"survey-{name}.json");

    private T? Read<T>(string name)
        where T : class
    {
        try
        {
            return File.Exists(PathOf(name)) ? JsonSerializer.Deserialize<T>(BoundedFile.ReadBytes(PathOf(name), MostBytes), _json) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    // Several may answer the same question at once; they find the same.
    private void Write<T>(string name, T content)
    {
        string own = $"{PathOf(name)}.{Guid.NewGuid():N}";
        DurableFile.Write(own, JsonSerializer.SerializeToUtf8Bytes(content, _json));
        File.Move(own, PathOf(name), overwrite: true);
    }

    private sealed record KeptChoice(string Name, double? Score, bool IsChosen);
}
