using System.Text.Json;

namespace MergeHost.Tests.Running;

/// <summary>The three reference merges of the trained family, by the sums and norms that were calculated in float64 with PyTorch.</summary>
public sealed class FamilyTests : IDisposable
{
    private static readonly string[] _experts = ["finance", "math", "japanese"];

    private readonly MergeBed _bed = new();

    [Theory]
    [InlineData("linear", "weight: 1", "", 1e-7)]
    [InlineData("task_arithmetic", "weight: 0.4", "", 1e-7)]
    [InlineData("ties", "weight: 1, density: 0.3", "", 1e-6)]
    public void Merge_OfTheThreeExperts_IsTheReferenceMerge(string method, string perModel, string parameters, double tolerance)
    {
        string models = string.Join('\n', _experts.Select(name => $"- {{model: {MergeBed.Models}{name}, parameters: {{{perModel}}}}}"));
        string @base = method == "linear" ? "" : $"base_model: {MergeBed.Models}base\n";
        _bed.Merge($"merge_method: {method}\n{@base}models:\n{models}\nparameters: {{{parameters}}}\ndtype: float32", "out");

        using JsonDocument oracle = JsonDocument.Parse(File.ReadAllText(Path.Combine(MergeBed.Fixtures, "family-oracle.json")));
        foreach (JsonProperty tensor in oracle.RootElement.GetProperty("merges").GetProperty(method).EnumerateObject())
        {
            float[] values = MergeBed.Read(_bed["out"], tensor.Name).Values;
            double norm = tensor.Value.GetProperty("norm").GetDouble();
            Assert.InRange(Math.Sqrt(values.Sum(value => (double)value * value)) / norm, 1 - tolerance, 1 + tolerance);
            Assert.Equal(tensor.Value.GetProperty("sum").GetDouble(), values.Sum(value => (double)value),
                tolerance * norm * Math.Sqrt(values.Length));
        }
    }

    public void Dispose() => _bed.Dispose();
}
