using System.Text.Json;
using System.Text.Json.Nodes;

namespace MergeHost.Tests.Golden;

/// <summary>Methods at the edges of their parameters give what mergekit 0.1.5 gives, element by element in float32.</summary>
public sealed class GoldenMethodTests(GoldenMerges merges) : IClassFixture<GoldenMerges>
{
    private const string Folder = "methods";

    private static readonly JsonSerializerOptions _json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    private static readonly MethodCase[] _cases =
        JsonNode.Parse(File.ReadAllText(Path.Combine(GoldenCase.Folder, Folder, "manifest.json")))!["cases"]
            .Deserialize<MethodCase[]>(_json)!;

    public static TheoryData<string> Matched { get; } = [.. Names("match")];

    public static TheoryData<string> Merged { get; } = [.. Names("merge")];

    public static TheoryData<string> Refused { get; } = [.. Names("refuse")];

    [Theory]
    [MemberData(nameof(Matched))]
    public void Merge_OfACase_IsWithinItsToleranceOfMergekit(string name)
    {
        MethodCase golden = Array.Find(_cases, golden => golden.Name == name)!;
        SortedDictionary<string, StoredTensor> expected = SafetensorsFile.Read(Path.Combine(GoldenCase.Folder, Folder, "expected",
            name + ".safetensors"));
        SortedDictionary<string, StoredTensor> merged = SafetensorsFile.Read(Path.Combine(Output(name), "model.safetensors"));
        SortedDictionary<string, StoredTensor>[] either =
            [.. (golden.Either ?? [])
                .Select(model => SafetensorsFile.Read(Path.Combine(GoldenCase.Folder, Folder, model, "model.safetensors")))];

        Assert.Equal(expected.Keys, merged.Keys);
        foreach ((string tensor, StoredTensor wanted) in expected)
        {
            double tolerance = golden.ToleranceOf(tensor) * Math.Max(wanted.Values.Max(Math.Abs), float.Epsilon);
            float[] found = merged[tensor].Values;
            int[] apart = [.. Enumerable.Range(0, found.Length).Where(i => !(Math.Abs(found[i] - wanted.Values[i]) <= tolerance))];

            // Where a choice hangs on rounding, a share of the elements may be those of another model.
            Assert.InRange(apart.Length, 0, (int)(golden.Share * found.Length));
            Assert.All(apart, i => Assert.Contains(either, model => Math.Abs(model[tensor].Values[i] - found[i]) <= tolerance));
        }
    }

    [Theory]
    [MemberData(nameof(Merged))]
    public void Merge_WhereMergekitStopsHalfWay_GivesFiniteTensors(string name) =>
        Assert.All(
            SafetensorsFile.Read(Path.Combine(Output(name), "model.safetensors")).Values,
            tensor => Assert.All(tensor.Values, value => Assert.True(float.IsFinite(value))));

    [Theory]
    [MemberData(nameof(Refused))]
    public void Merge_OfWhatHasNoResult_IsRefused(string name) =>
        Assert.All(Assert.ThrowsAny<MergeHostException>(() => Output(name)).Problems,
            problem => Assert.Equal(ErrorCodes.MergeRefused, problem.Code));

    [Fact]
    public void Manifest_OfAllCases_ForgetsNone()
    {
        Assert.Equal(Files("", "*.yml"), _cases.Select(golden => golden.Name).Order(StringComparer.Ordinal));
        Assert.Equal(Files("expected", "*.safetensors"), Names("match").Order(StringComparer.Ordinal));
        Assert.Equal(_cases.Length, Matched.Count + Merged.Count + Refused.Count);
    }

    private static IEnumerable<string> Names(string must) => _cases.Where(golden => golden.Must == must).Select(golden => golden.Name);

    private static IEnumerable<string> Files(string folder, string pattern) =>
        Directory.EnumerateFiles(Path.Combine(GoldenCase.Folder, Folder, folder), pattern)
            .Select(path => Path.GetFileNameWithoutExtension(path)!).Order(StringComparer.Ordinal);

    private string Output(string name) => merges.Output($"{Folder}/{name}");

    /// <param name="Name">The recipe is <c>NAME.yml</c>, the result <c>expected/NAME.safetensors</c>.</param>
    /// <param name="Must">Whether the result must <c>match</c>, the recipe <c>merge</c> all the same, or be <c>refuse</c>d.</param>
    /// <param name="Tolerance">How far an element may be off, of the largest of its tensor.</param>
    /// <param name="Tolerances">The same for some tensors.</param>
    /// <param name="Share">The share of a tensor's elements that may be those of another model.</param>
    /// <param name="Either">Those models, as paths.</param>
    private sealed record MethodCase(
        string Name, string Must, double Tolerance = 0, Dictionary<string, double>? Tolerances = null, double Share = 0,
        string[]? Either = null)
    {
        public double ToleranceOf(string tensor) => Tolerances?.GetValueOrDefault(tensor, Tolerance) ?? Tolerance;
    }
}
