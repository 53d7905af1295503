using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace MergeHost.Tests.Golden;

/// <summary>A recipe, and what mergekit made of it.</summary>
/// <param name="Name">The recipe is <c>NAME.yml</c>, the result <c>expected/NAME.safetensors</c>.</param>
/// <param name="Compare">By what measure the numbers are compared.</param>
/// <param name="NamesOf">If not all tensors were kept: the model whose tensors' names the result has, as a path.</param>
/// <param name="Config">What mergekit's <c>config.json</c> says.</param>
/// <param name="Deliberate">What of it is another here, for a reason.</param>
/// <param name="Seeds">How many seeds the statistics are over.</param>
/// <param name="Tensors">Statistics of some tensors.</param>
internal sealed record GoldenCase(
    string Name,
    string Compare,
    string? NamesOf = null,
    JsonObject? Config = null,
    JsonObject? Deliberate = null,
    int Seeds = 0,
    Dictionary<string, MaskStatistics>? Tensors = null)
{
    /// <summary>The measure of recipes that are refused.</summary>
    public const string Error = "error";

    private static readonly JsonSerializerOptions _json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    /// <summary>The folder of recipes, inputs and results.</summary>
    public static string Folder { get; } = typeof(GoldenCase).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .Single(attribute => attribute.Key == "GoldenFixtures").Value!;

    /// <summary>Every case of the manifest.</summary>
    public static IReadOnlyList<GoldenCase> All { get; } =
        JsonNode.Parse(File.ReadAllText(Path.Combine(Folder, "manifest.json")))!["cases"].Deserialize<GoldenCase[]>(_json)!;

    private string ExpectedPath => Path.Combine(Folder, "expected", Name + ".safetensors");

    /// <summary>The tensors that mergekit wrote, or those of them that were kept.</summary>
    public SortedDictionary<string, StoredTensor> Expected => SafetensorsFile.Read(ExpectedPath);

    public static GoldenCase Of(string name) => All.Single(golden => golden.Name == name);
}

/// <summary>What a random mask did to a tensor's task vector, over many seeds.</summary>
internal sealed record MaskStatistics(
    double NonzeroFractionMean,
    double NonzeroFractionStdOverSeeds,
    double KeptScaleMean,
    double KeptScaleStd,
    double[] KeepRateByRowMagnitudeDecile);
