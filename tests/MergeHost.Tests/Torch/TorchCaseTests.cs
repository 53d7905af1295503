using System.Diagnostics;
using System.Reflection;
using System.Text.Json;
using MergeHost.Checkpoints;
using MergeHost.Models;
using MergeHost.Tests.Planning;

namespace MergeHost.Tests.Torch;

/// <summary>
/// Files of real PyTorch, transformers and DeepSpeed: what must be read is read bit for bit, what must be refused is refused by name, and
/// nothing in any of them is executed.
/// </summary>
/// <remarks>The files are part of a larger set; with its folder in <c>MERGEHOST_TORCH_CASES</c>, all of them are tried.</remarks>
public sealed class TorchCaseTests
{
    private const string Canary = "CANARY_pickle_was_executed";
    private const long MostAllocatedBytes = 500_000_000;

    private static readonly TimeSpan _mostTime = TimeSpan.FromSeconds(5);

    private static readonly string _root = Environment.GetEnvironmentVariable("MERGEHOST_TORCH_CASES") is { Length: > 0 } all
        ? all
        : typeof(TorchCaseTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
            .Single(attribute => attribute.Key == "TorchFixtures").Value!;

    private static readonly Dictionary<string, TorchCase> _cases =
        JsonDocument.Parse(File.ReadAllText(Path.Combine(_root, "manifest.json"))).RootElement
            .GetProperty("cases").EnumerateArray().Select(TorchCase.Read).ToDictionary(@case => @case.Name);

    public static TheoryData<string> Names => [.. _cases.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void Open_OfARealFile_GivesItsTensorsOrSaysWhyNot(string name)
    {
        TorchCase @case = _cases[name];
        Stopwatch clock = Stopwatch.StartNew();
        long before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            using ModelResolver models = RecipeFolder.Models();
            InputModel model = models.Open(Path.Combine(_root, @case.Input));
            using ICheckpointReader reader = model.Open();
            Dictionary<string, byte[]> found = Content(reader);
            Assert.NotEqual("refuse", @case.Must);
            if (@case.Expected is not null)
            {
                AssertEqual(Path.Combine(_root, @case.Expected), found);
            }
        }
        catch (MergeHostException exception)
        {
            Assert.True(@case.Must is "refuse" or "either", exception.Message);
            Assert.Equal(4, exception.Code.ExitCode);
            Assert.DoesNotContain(exception.Message, char.IsControl);
            Assert.All(@case.Mentions, word => Assert.Contains(word, exception.Message, StringComparison.OrdinalIgnoreCase));
        }

        Assert.False(File.Exists(Canary), "something was executed");
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, MostAllocatedBytes);
        Assert.InRange(clock.Elapsed, TimeSpan.Zero, _mostTime);
    }

    private static void AssertEqual(string expectedPath, Dictionary<string, byte[]> found)
    {
        using ModelResolver models = RecipeFolder.Models();
        ICheckpointReader reader = models.Open(expectedPath).Open();
        Dictionary<string, byte[]> expected = Content(reader);
        Assert.Equal(expected.Keys.Order(StringComparer.Ordinal), found.Keys.Order(StringComparer.Ordinal));
        Assert.All(expected, tensor => Assert.Equal(tensor.Value, found[tensor.Key]));
    }

    private static Dictionary<string, byte[]> Content(ICheckpointReader reader) =>
        reader.Tensors.ToDictionary(tensor => $"{tensor.Name} {tensor.DType} {tensor.Shape}", tensor => Read(reader, tensor));

    private static byte[] Read(ICheckpointReader reader, TensorInfo tensor)
    {
        byte[] bytes = new byte[tensor.LengthBytes];
        reader.Read(tensor, 0, bytes);
        return bytes;
    }

    private sealed record TorchCase(string Name, string Input, string Must, string? Expected, string[] Mentions)
    {
        public static TorchCase Read(JsonElement json) => new(
            json.GetProperty("name").GetString()!,
            json.GetProperty("input").GetString()!,
            json.GetProperty("must").GetString()!,
            json.TryGetProperty("expected", out JsonElement expected) ? expected.GetString() : null,
            json.TryGetProperty("mention", out JsonElement words) && words.ValueKind == JsonValueKind.Array
                ? [.. words.EnumerateArray().Select(word => word.GetString()!)]
                : []);
    }
}
