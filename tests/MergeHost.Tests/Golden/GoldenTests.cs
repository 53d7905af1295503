using System.Text.Json.Nodes;
using MergeHost.Kernels.Vectors;

namespace MergeHost.Tests.Golden;

/// <summary>Recipes written for mergekit give what mergekit makes of them.</summary>
public sealed class GoldenTests(GoldenMerges merges) : IClassFixture<GoldenMerges>
{
    // 2⁻⁶ of a tensor's largest: mergekit rounds to bfloat16 after every step, MergeHost once at the end.
    private const double LooseError = 1.0 / 64;

    private static readonly string[] _measures = ["float32", "bits", "bfloat16 math", "bfloat16 out of float32 math"];

    public static TheoryData<string> Merged { get; } = ["ties_bf16", .. _measures.SelectMany(NamesOf)];

    public static TheoryData<string> InFloat32 { get; } = [.. NamesOf(_measures[0])];

    public static TheoryData<string> Copied { get; } = [.. NamesOf(_measures[1])];

    public static TheoryData<string> InBFloat16 { get; } = [.. NamesOf(_measures[2])];

    public static TheoryData<string> ToBFloat16 { get; } = [.. NamesOf(_measures[3])];

    public static TheoryData<string, int, int, string> Refused { get; } = new()
    {
        { "tok_new_without_source", 14, 3, "'<|brandnew|>'" },
    };

    [Theory]
    [MemberData(nameof(Merged))]
    public void Merge_OfAnyCase_HasMergekitsNamesShapesAndDTypes(string name)
    {
        GoldenCase golden = GoldenCase.Of(name);
        SortedDictionary<string, StoredTensor> expected = golden.Expected;
        SortedDictionary<string, StoredTensor> merged = Merge(name);

        IEnumerable<string> names = golden.NamesOf is { } model
            ? SafetensorsFile.Read(Path.Combine(GoldenCase.Folder, model, "model.safetensors")).Keys
            : expected.Keys;
        Assert.Equal(names, merged.Keys);
        Assert.All(expected, tensor => Assert.Equal(tensor.Value.Shape, merged[tensor.Key].Shape));
        Assert.Equal(
            expected.Values.Select(tensor => tensor.DType).Distinct().Order(),
            merged.Values.Select(tensor => tensor.DType).Distinct().Order());
    }

    [Theory]
    [MemberData(nameof(Merged))]
    public void Merge_OfAnyCase_HasMergekitsConfigurationButForDeliberateDifferences(string name)
    {
        GoldenCase golden = GoldenCase.Of(name);
        JsonNode? merged = JsonNode.Parse(File.ReadAllText(Path.Combine(merges.Output(name), "config.json")));

        Assert.All(golden.Config ?? [], setting =>
        {
            string key = setting.Key == "dtype" ? "torch_dtype" : setting.Key;
            JsonNode? wanted = golden.Deliberate?[setting.Key] ?? setting.Value;
            Assert.Equal(wanted?.ToJsonString(), merged?[key]?.ToJsonString());
        });
        Assert.All(golden.Deliberate ?? [], setting => Assert.False(JsonNode.DeepEquals(setting.Value, golden.Config?[setting.Key])));
    }

    [Theory]
    [MemberData(nameof(InFloat32))]
    public void Merge_InFloat32_IsWithinTwoMillionthsOfMergekit(string name) =>
        Assert.All(Errors(name), error => Assert.InRange(error.Errors.Max(), 0, 2e-6));

    [Theory]
    [MemberData(nameof(Copied))]
    public void Merge_ThatOnlyCopiesOrRounds_HasMergekitsBits(string name)
    {
        SortedDictionary<string, StoredTensor> merged = Merge(name);

        Assert.All(GoldenCase.Of(name).Expected, tensor => Assert.Equal(tensor.Value.Bytes, merged[tensor.Key].Bytes));
    }

    [Theory]
    [MemberData(nameof(InBFloat16))]
    public void Merge_WhereMergekitCalculatesInBFloat16_IsWithinItsRounding(string name)
    {
        List<(string Tensor, double[] Errors)> errors = Errors(name);

        Assert.All(errors, error => Assert.InRange(error.Errors.Max(), 0, LooseError));
        Assert.InRange(errors.SelectMany(error => error.Errors).Average(), 0, 1.0 / 512);
    }

    [Theory]
    [MemberData(nameof(ToBFloat16))]
    public void Merge_FromFloat32ToBFloat16_IsAtMostOneUnitInTheLastPlaceAwayAndRarely(string name)
    {
        SortedDictionary<string, StoredTensor> merged = Merge(name);
        List<int> units =
        [
            .. GoldenCase.Of(name).Expected.SelectMany(
                tensor => tensor.Value.Ordered.Zip(merged[tensor.Key].Ordered, (expected, actual) => Math.Abs(expected - actual))),
        ];

        Assert.InRange(units.Max(), 0, 1);
        Assert.InRange(units.Average(), 0, 0.001);
    }

    [Fact]
    public void Merge_OfTiesInBFloat16_DiffersOnlyWhereMagnitudesTieAtTheCut()
    {
        SortedDictionary<string, StoredTensor> merged = Merge("ties_bf16");
        SortedDictionary<string, StoredTensor> @base = Input("bf16/base");
        SortedDictionary<string, StoredTensor>[] sources = [Input("bf16/e1"), Input("bf16/e2")];
        int changed = 0;
        int changedByMergekit = 0;
        int tied = 0;
        foreach ((string name, StoredTensor expected) in GoldenCase.Of("ties_bf16").Expected)
        {
            bool[][] ties = [.. sources.Select(source => TiesAtTheCut(source[name].Values, @base[name].Values, density: 0.3))];
            float[] values = merged[name].Values;
            float[] expectedValues = expected.Values;
            double[] errors = RelativeErrors(expectedValues, values);

            Assert.All(Enumerable.Range(0, errors.Length).Where(i => !ties[0][i] && !ties[1][i]),
                i => Assert.InRange(errors[i], 0, LooseError));
            tied += Enumerable.Range(0, errors.Length).Count(i => ties[0][i] || ties[1][i]);
            changed += values.Zip(@base[name].Values).Count(pair => pair.First != pair.Second);
            changedByMergekit += expectedValues.Zip(@base[name].Values).Count(pair => pair.First != pair.Second);
        }

        // 16,409 of 188,992 elements tie; the others must not hide behind them. As many elements are moved, to one in a thousand.
        Assert.InRange(tied, 1, 20_000);
        Assert.InRange((double)changed / changedByMergekit, 0.999, 1.001);
    }

    [Fact]
    public void Merge_WithANamedChatTemplate_WritesItIntoTheTokenizersConfiguration()
    {
        JsonNode? tokenizer =
            JsonNode.Parse(File.ReadAllText(Path.Combine(merges.Output("chat_template_chatml"), "tokenizer_config.json")));

        Assert.Contains("<|im_start|>", tokenizer?["chat_template"]?.GetValue<string>(), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Refused))]
    public void Plan_OfATokenThatNoModelHas_NamesItAndItsPlace(string name, int line, int column, string token)
    {
        Problem problem = merges.Problems(name).First(problem => problem.Severity == Severity.Error);

        Assert.Equal(ErrorCodes.Missing, problem.Code);
        Assert.Equal((line, column), (problem.Place?.Line, problem.Place?.Column));
        Assert.Contains(token, problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Manifest_OfAllCases_ForgetsNone()
    {
        IEnumerable<string> compared = ["ties_bf16", .. _measures.SelectMany(NamesOf)];

        Assert.Equal(Files("*.yml", ""), GoldenCase.All.Select(golden => golden.Name).Order());
        Assert.Equal(Files("*.yml", ""), compared.Concat(NamesOf(GoldenCase.Error)).Append(GoldenDareTests.Name).Order());
        Assert.Equal(Files("*.safetensors", "expected"), compared.Order());
        Assert.Equal(Refused.Select(row => (string)row[0]).Order(), NamesOf(GoldenCase.Error).Order());
    }

    private static IEnumerable<string> Files(string pattern, string folder) =>
        Directory.EnumerateFiles(Path.Combine(GoldenCase.Folder, folder), pattern).Select(path => Path.GetFileNameWithoutExtension(path))
            .Order();

    private static IEnumerable<string> NamesOf(string measure) =>
        GoldenCase.All.Where(golden => golden.Compare == measure).Select(golden => golden.Name);

    private SortedDictionary<string, StoredTensor> Merge(string name) =>
        SafetensorsFile.Read(Path.Combine(merges.Output(name), "model.safetensors"));

    private static SortedDictionary<string, StoredTensor> Input(string name) =>
        SafetensorsFile.Read(Path.Combine(GoldenCase.Folder, "inputs", name, "model.safetensors"));

    private List<(string Tensor, double[] Errors)> Errors(string name)
    {
        SortedDictionary<string, StoredTensor> merged = Merge(name);
        return [.. GoldenCase.Of(name).Expected
            .Select(tensor => (tensor.Key, RelativeErrors(tensor.Value.Values, merged[tensor.Key].Values)))];
    }

    // Relative to the largest magnitude of the tensor; as they are where all is zero.
    private static double[] RelativeErrors(float[] expected, float[] actual)
    {
        double largest = expected.Max(Math.Abs) is > 0 and float magnitude ? magnitude : 1;
        return [.. expected.Zip(actual, (wanted, found) => Math.Abs((double)wanted - found) / largest).Select(Counted)];

        // Max passes over NaN, which must not pass.
        static double Counted(double error) => double.IsNaN(error) ? double.PositiveInfinity : error;
    }

    // Where a task vector, rounded as mergekit rounds it, is as large as the last element that a trim keeps.
    private static bool[] TiesAtTheCut(float[] source, float[] @base, double density)
    {
        float[] magnitudes = [.. source.Zip(@base, (value, origin) => BFloat16.ToSingle(BFloat16.FromSingle(Math.Abs(value - origin))))];
        float cut = magnitudes.OrderDescending().ElementAt((int)(density * magnitudes.Length) - 1);
        return [.. magnitudes.Select(magnitude => magnitude == cut)];
    }
}
