using System.Globalization;
using System.Text.Json.Nodes;
using MergeHost.Models;
using MergeHost.Plans;
using MergeHost.Testing;
using MergeHost.Tests.Running;

namespace MergeHost.Tests.Planning;

/// <summary>Models of 99 architectures of transformers are merged with each tensor they have, and stacked
/// where they have one stack of layers.</summary>
public sealed class ArchitectureTests : IDisposable
{
    private static readonly JsonObject[] _all =
        [.. ((JsonArray)JsonNode.Parse(File.ReadAllText(Path.Combine(MergeBed.Fixtures, "architectures", "architectures.json")))!)
            .Cast<JsonObject>()];

    // Their encoders, decoders and towers are stacked under `modules:`.
    private static readonly string[] _ofSeveralStacks =
    [
        "bart", "clip", "gemma3", "idefics3", "internvl", "llama4", "llava", "m2m_100", "mistral3", "mt5", "paligemma", "qwen2_5_vl",
        "qwen2_vl", "qwen3_vl", "siglip", "t5",
        "whisper",
    ];

    // ALBERT has one layer that all share, Gemma 3n a tensor for all layers.
    private static readonly string[] _notStacked = ["albert", "gemma3n_text"];

    private readonly RecipeFolder _folder = new();

    public static TheoryData<string> Names { get; } = [.. _all.Select(NameOf)];

    public static TheoryData<string> Stacked { get; } = [.. _all.Select(NameOf).Except(_ofSeveralStacks).Except(_notStacked)];

    public static TheoryData<string> OfSeveralStacks { get; } = [.. _ofSeveralStacks];

    [Fact]
    public void Names_AreThoseOf99Architectures() => Assert.Equal(99, _all.Length);

    [Theory]
    [MemberData(nameof(Names))]
    public void Plan_OfTwoModels_MergesEveryTensorOfThem(string name)
    {
        Add("a", name);
        Add("b", name);
        StagePlan stage = _folder.Plan(RecipeFolder.Linear("a", "b")).Stages[0];
        Assert.Equal(stage.Models[0].Stored.Select(tensor => tensor.Name).Order(StringComparer.Ordinal),
            stage.Tensors.Select(tensor => tensor.Output.Name).Order(StringComparer.Ordinal));
        Assert.All(stage.Tensors.Where(tensor => tensor.Output.DType.Kind == DTypeKind.Float),
            tensor => Assert.Equal(2, tensor.Sources.Count));
    }

    // Layers 0 to 2 of one model, then 1 to 3 of the other.
    [Theory]
    [MemberData(nameof(Stacked))]
    public void Plan_OfSlices_StacksLayersAndCountsThem(string name)
    {
        Add("a", name);
        Add("b", name);
        StagePlan stage = _folder.Plan($"merge_method: passthrough\nslices: [{Slices}]\n").Stages[0];
        AssertStacked(stage, stage.Models[0].Stacks[0].Prefix);
        JsonObject config = stage.Layout.Companions.Single(file => file.Name == "config.json").ReadJson();
        Assert.Equal(6, LayerFields.Count(config));
    }

    [Theory]
    [MemberData(nameof(OfSeveralStacks))]
    public void Plan_OfSlicesInAModule_StacksItsLayers(string name)
    {
        Add("a", name);
        Add("b", name);
        Problem problem = _folder.Errors($"merge_method: passthrough\nslices: [{Slices}]\n")[0];
        Assert.Contains("several stacks of layers", problem.Message, StringComparison.Ordinal);
        string module = problem.Hint!.Split("modules: {")[1].Split(':')[0];
        StagePlan stage =
            _folder.Plan($"merge_method: passthrough\nbase_model: a\nmodules: {{{module}: {{slices: [{Slices}]}}}}\n").Stages[0];
        AssertStacked(stage, stage.Models[0].Stacks[0].Prefix);
    }

    public void Dispose() => _folder.Dispose();

    private const string Slices = "{sources: [{model: a, layer_range: [0, 3]}]}, {sources: [{model: b, layer_range: [1, 4]}]}";

    private static string NameOf(JsonObject architecture) => architecture["name"]!.GetValue<string>();

    private static void AssertStacked(StagePlan stage, string prefix)
    {
        int[] origins = [0, 1, 2, 1, 2, 3];
        string[] stored = [.. stage.Models[0].Stored.Select(tensor => tensor.Name)];
        IEnumerable<string> expected = stored.Where(name => !name.StartsWith(prefix, StringComparison.Ordinal))
            .Concat(origins.Index()
                .SelectMany(layer => stored.Where(name => name.StartsWith($"{prefix}{layer.Item}.", StringComparison.Ordinal))
                    .Select(name => $"{prefix}{layer.Index}.{name[$"{prefix}{layer.Item}.".Length..]}")));
        Assert.Equal(expected.Order(StringComparer.Ordinal),
            stage.Tensors.Select(tensor => tensor.Output.Name).Order(StringComparer.Ordinal));
    }

    private void Add(string folder, string name)
    {
        JsonObject architecture = _all.Single(other => NameOf(other) == name);
        TinyCheckpoint checkpoint = new();
        foreach (JsonArray tensor in architecture["tensors"]!.AsArray().Cast<JsonArray>())
        {
            DType type = tensor.Count > 3 ? DType.Find(tensor[3]!.GetValue<string>())! : DType.F32;
            foreach (string number in Numbers(tensor[2]!.GetValue<string>()))
            {
                TensorInfo info = new(tensor[0]!.GetValue<string>().Replace("#", number, StringComparison.Ordinal), type,
                    [.. tensor[1]!.AsArray().Select(extent => (long)extent!)]);
                checkpoint.Add(info, new byte[info.LengthBytes]);
            }
        }

        checkpoint.AddFile("config.json", architecture["config"]!.DeepClone());
        _folder.Add(folder, checkpoint);
    }

    private static IEnumerable<string> Numbers(string text) => text.Split('-') is [string first, string last]
        ? Enumerable.Range(int.Parse(first, CultureInfo.InvariantCulture),
            int.Parse(last, CultureInfo.InvariantCulture) - int.Parse(first, CultureInfo.InvariantCulture) + 1)
            .Select(number => number.ToString(CultureInfo.InvariantCulture))
        : text.Split(',');
}
