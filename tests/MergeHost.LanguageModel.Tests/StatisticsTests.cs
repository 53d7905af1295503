using System.Numerics.Tensors;
using MergeHost.Algebra;
using MergeHost.Checkpoints;
using MergeHost.Kernels.DTypes;
using MergeHost.Reports;
using MergeHost.Runtimes;
using MergeHost.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace MergeHost.LanguageModel.Tests;

/// <summary>What weights are multiplied with, and what is made of it.</summary>
public sealed class StatisticsTests : IDisposable
{
    private const string Text = "Revenue rose to 12 million dollars in the second quarter.";

    private static readonly string _quickstart = Path.Combine(AppContext.BaseDirectory, "quickstart");

    private readonly TemporaryFolder _folder = new();
    private readonly ServiceProvider _services = new ServiceCollection().BuildServiceProvider();
    private readonly MergeEngine _engine;

    public StatisticsTests() => _engine = new MergeEngine(_services);

    // With each weight and what it is shown the layer can be computed again, step by step, to the next layer's input.
    [TorchFact]
    public void ObserveInputs_OfALayer_AreThoseThatItsOutputsFollowFrom()
    {
        using ICheckpointReader checkpoint = Fixtures.Family("finance");
        using IObservableModel model = Load(checkpoint);
        IReadOnlyList<int> ids = model.Encode(Text, begins: true);
        Dictionary<string, Matrix<float>> inputs = [];
        Dictionary<(ModelState State, int Layer), Matrix<float>> states = [];
        model.ObserveInputs([ids], (weight, read) => inputs.Add(weight, read()), default);
        foreach (ModelState state in new[] { ModelState.LayerInput, ModelState.FeedForwardInput })
        {
            model.Observe([ids], state, (_, layer, shown) => states.Add((state, layer), shown), default);
        }

        Assert.Equal(28, inputs.Count);
        const string layer = "model.layers.0.";
        AssertNear(Normalised(states[(ModelState.LayerInput, 0)], Vector(checkpoint, layer + "input_layernorm.weight")),
            inputs[layer + "self_attn.q_proj.weight"]);
        Matrix<float> attended = Sum(states[(ModelState.LayerInput, 0)], Product("self_attn.o_proj"));
        Matrix<float> entering = Normalised(attended, Vector(checkpoint, layer + "post_attention_layernorm.weight"));
        AssertNear(entering, inputs[layer + "mlp.up_proj.weight"]);
        AssertNear(states[(ModelState.FeedForwardInput, 0)], inputs[layer + "mlp.gate_proj.weight"]);
        AssertNear(states[(ModelState.LayerInput, 1)], Sum(attended, Product("mlp.down_proj")));

        Matrix<float> Product(string module)
        {
            float[] weight = Vector(checkpoint, $"{layer}{module}.weight");
            Matrix<float> x = inputs[$"{layer}{module}.weight"];
            Matrix<float> y = new(x.Rows, weight.Length / x.Columns);
            for (int row = 0; row < y.Rows; row++)
            {
                for (int column = 0; column < y.Columns; column++)
                {
                    y[row, column] = TensorPrimitives.Dot<float>(x.Row(row), weight.AsSpan(column * x.Columns, x.Columns));
                }
            }

            return y;
        }
    }

    // Of a mixture each expert sees the tokens that were sent to it, and the tokens of all are those that there are, twice.
    [TorchFact]
    public void ObserveInputs_OfAMixture_ShowsAnExpertItsTokens()
    {
        string recipe = _folder["mixture.yaml"];
        string @base = Fixtures.File("moe", "base");
        File.WriteAllText(recipe,
            $"build: {{moe: {{gate_mode: random, experts_per_token: 2, experts: "
                + $"[{string.Join(", ", Enumerable.Repeat($"{{source_model: {@base}}}", 4))}]}}}}\nbase_model: {@base}");
        _engine.Merge(recipe, _folder["mixture"], new MergeOptions());
        using ICheckpointReader checkpoint = Fixtures.Open(_folder["mixture"]);
        using IObservableModel model = Load(checkpoint);
        int[] ids = [.. Enumerable.Range(0, 20).Select(id => 5 * id % model.VocabularySize)];
        int tokens = 0;
        model.ObserveInputs(
            [ids], (weight,
                read) => tokens += weight.Contains("layers.0.", StringComparison.Ordinal)
                    && weight.EndsWith(".w1.weight", StringComparison.Ordinal) ? read().Rows : 0, default);
        Assert.Equal(2 * ids.Length, tokens);
    }

    [TorchFact]
    public void TakeStatistics_AreTheMeansOfWhatIsShown()
    {
        StatisticsSummary taken = Take("finance", new StatisticsRequest { Tokens = 900, Window = 100 });
        using ICheckpointReader checkpoint = Fixtures.Family("finance");
        using IObservableModel model = Load(checkpoint);
        const string weight = "model.layers.1.mlp.down_proj.weight";
        int[][] windows = [.. model.Encode(LongText, begins: false).Take(900).Chunk(99)
            .Select(ids => (int[])[.. model.Encode("", begins: true), .. ids])];
        double[] magnitudes = new double[512], squares = new double[512];
        double product = 0;
        int count = 0;
        model.ObserveInputs(windows, (shown, read) =>
        {
            for (int row = 0; shown == weight && row < read().Rows; row++, count++)
            {
                float[] x = read().Row(row).ToArray();
                magnitudes = [.. magnitudes.Zip(x, (sum, number) => sum + Math.Abs((double)number))];
                squares = [.. squares.Zip(x, (sum, number) => sum + ((double)number * number))];
                product += (double)x[3] * x[500];
            }
        }, default);
        Assert.Equal((count, windows.Length), (taken.Tokens, taken.Windows));
        using ICheckpointReader statistics = Fixtures.Open(taken.Path);
        AssertClose(magnitudes.Select(sum => sum / count), Vector(statistics, "model.layers.1.mlp.down_proj.abs_mean"));
        AssertClose(squares.Select(sum => sum / count), Vector(statistics, "model.layers.1.mlp.down_proj.square_mean"));
        float[] gram = Vector(statistics, "model.layers.1.mlp.down_proj.gram");
        AssertClose([product / count, product / count], [gram[(3 * 512) + 500], gram[(500 * 512) + 3]]);
        AssertClose(squares.Select(sum => sum / count), [.. Enumerable.Range(0, 512).Select(i => gram[513 * i])]);
        Assert.Contains(new("tokens", $"{count}"), statistics.Metadata);
    }

    [TorchFact]
    public void TakeStatistics_WithLittleMemory_ReadsOftenerAndGivesTheSameBytes()
    {
        StatisticsSummary once = Take("math", new StatisticsRequest { Tokens = 300 });
        StatisticsSummary often = Take("math", new StatisticsRequest { Tokens = 300 }, "often.safetensors",
            new MergeOptions { MemoryBytes = 106L << 20 });
        Assert.Equal((1, true), (once.Passes, often.Passes > 1));
        Assert.Equal(File.ReadAllBytes(once.Path), File.ReadAllBytes(often.Path));
        Assert.Equal(["math.safetensors", "often.safetensors"],
            _folder.FileNames().Where(name => name.Contains(".safetensors", StringComparison.Ordinal)));
    }

    [TorchFact]
    public void Merge_ByStatistics_DependsOnThem_AndRefusesThoseOfAnotherModel()
    {
        Take("finance", new StatisticsRequest { Tokens = 2000 });
        Take("math", new StatisticsRequest { Tokens = 2000 });
        MergeManifest first = Merge("first", "finance.safetensors", "math.safetensors");
        Assert.Contains(first.InputFiles,
            file => file.Name.EndsWith("math.safetensors", StringComparison.Ordinal)
                && !file.Name.Contains("model", StringComparison.Ordinal));
        Take("math", new StatisticsRequest { Tokens = 100 }, options: new MergeOptions { Force = true });
        MergeManifest second = Merge("second", "finance.safetensors", "math.safetensors");
        Assert.Equal(28, first.Tensors.Zip(second.Tensors).Count(pair => pair.First.Digest != pair.Second.Digest));

        MergeHostException exception = Assert.ThrowsAny<MergeHostException>(() => Merge("third", "math.safetensors", "math.safetensors"));
        Assert.Equal(ErrorCodes.AuxiliaryMismatch, exception.Code);
        Assert.Contains("'math.safetensors' was made of a model whose tensor has the digest", exception.Message, StringComparison.Ordinal);
        exception = Assert.ThrowsAny<MergeHostException>(() => Merge("fourth", "finance.safetensors", "nothing.safetensors"));
        Assert.Equal(ErrorCodes.ModelNotFound, exception.Code);
        Assert.Equal(11, exception.Problems[0].Place!.Line);
    }

    [TorchFact]
    public void Score_ByStatistics_TakesThoseOfEitherModel_AndRefusesOthers()
    {
        foreach (string name in new[] { "base", "finance", "math" })
        {
            Take(name, new StatisticsRequest { Tokens = 500 });
        }

        Assert.All(new[] { "base", "finance" }, name => Assert.Equal(28, Score(name).Tensors.Count(tensor => tensor.Scores.Count == 2)));
        Assert.Equal(ErrorCodes.AuxiliaryMismatch, Assert.ThrowsAny<MergeHostException>(() => Score("math")).Code);
        Assert.DoesNotContain(_engine.Score(Model("base"), Model("finance"), new ScoreRequest([], []), new MergeOptions()).Scorers,
            scorer => scorer.Id == "wanda");
        Assert.Equal(ErrorCodes.Missing,
            Assert.ThrowsAny<MergeHostException>(() => _engine.Score(Model("base"), Model("finance"), new ScoreRequest(["wanda"], []),
                new MergeOptions())).Code);
    }

    [TorchTheory]
    [InlineData("MH5007", "Name it '", "out", "text.txt", null)]
    [InlineData("MH6002", "the text is empty", "out.safetensors", "empty.txt", null)]
    [InlineData("MH6002", "no.txt", "out.safetensors", "no.txt", null)]
    [InlineData("MH6003", "a window of 4096 tokens is longer than the 512 that the model was made for", "out.safetensors", "text.txt",
        4096)]
    [InlineData("MH5001", "the file exists", "taken.safetensors", "text.txt", null)]
    public void TakeStatistics_ThatCannotBe_SaysWhy(string code, string message, string output, string text, int? window)
    {
        File.WriteAllText(_folder["text.txt"], Text);
        File.WriteAllText(_folder["empty.txt"], "");
        File.WriteAllText(_folder["taken.safetensors"], "");
        MergeHostException exception = Assert.ThrowsAny<MergeHostException>(
            () => _engine.TakeStatistics(Model("base"), _folder[text], _folder[output], new StatisticsRequest { Window = window },
                new MergeOptions()));
        Assert.Equal(code, exception.Code.ToString());
        Assert.Contains(message, exception.Problems[0].ToString() + exception.Problems[0].Hint, StringComparison.Ordinal);
    }

    public void Dispose()
    {
        _engine.Dispose();
        _services.Dispose();
        _folder.Dispose();
    }

    private static string LongText => File.ReadAllText(Path.Combine(Fixtures.Suites, "family", "finance.txt"));

    private static string Model(string name) => Path.Combine(_quickstart, name);

    private static IObservableModel Load(ICheckpointReader checkpoint) =>
        (IObservableModel)new Plugins.LanguageModel.TorchRuntime().Load(checkpoint, default, threads: 1);

    private StatisticsSummary Take(string model, StatisticsRequest request, string? output = null, MergeOptions? options = null) =>
        _engine.TakeStatistics(
            Model(model), Path.Combine(Fixtures.Suites, "family", "finance.txt"), _folder[output ?? $"{model}.safetensors"], request,
            options ?? new MergeOptions { MemoryBytes = 1L << 30 });

    private MergeManifest Merge(string output, string finance, string math)
    {
        string text = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "statistics", "regmean.yaml"))
            .Replace("../quickstart", _quickstart, StringComparison.Ordinal);
        string recipe = _folder[$"{output}.yaml"];
        File.WriteAllText(recipe,
            text.Replace("finance.safetensors}", $"{finance}}}", StringComparison.Ordinal)
                .Replace("math.safetensors}", $"{math}}}", StringComparison.Ordinal));
        return _engine.Merge(recipe, _folder[output], new MergeOptions());
    }

    private ScoreReport Score(string statistics)
    {
        ScorerSetting[] settings = [.. new[] { "wanda", "output_change" }
            .Select(scorer => new ScorerSetting(scorer, "statistics", _folder[$"{statistics}.safetensors"]))];
        return _engine.Score(Model("base"), Model("finance"), new ScoreRequest(["wanda", "output_change"], settings), new MergeOptions());
    }

    private static float[] Vector(ICheckpointReader checkpoint, string name)
    {
        TensorInfo tensor = checkpoint.Tensors.Single(candidate => candidate.Name == name);
        float[] values = new float[tensor.ElementCount];
        checkpoint.ReadSingle(tensor, 0, values);
        return values;
    }

    private static Matrix<float> Normalised(Matrix<float> states, float[] weight)
    {
        Matrix<float> result = new(states.Rows, states.Columns);
        for (int row = 0; row < states.Rows; row++)
        {
            float scale = 1 / MathF.Sqrt((TensorPrimitives.SumOfSquares<float>(states.Row(row)) / states.Columns) + 1e-5f);
            TensorPrimitives.Multiply(states.Row(row), scale, result.Row(row));
            TensorPrimitives.Multiply<float>(result.Row(row), weight, result.Row(row));
        }

        return result;
    }

    private static Matrix<float> Sum(Matrix<float> a, Matrix<float> b) =>
        new(a.Rows, a.Columns, a.Elements.ToArray().Zip(b.Elements.ToArray(), (x, y) => x + y).ToArray());

    private static void AssertNear(Matrix<float> expected, Matrix<float> actual) =>
        Assert.All(expected.Elements.ToArray().Zip(actual.Elements.ToArray()), pair => Assert.Equal(pair.First, pair.Second, 1e-4f));

    private static void AssertClose(IEnumerable<double> expected, float[] actual)
    {
        double[] numbers = [.. expected];
        double largest = numbers.Max(Math.Abs);
        Assert.Equal(numbers.Length, actual.Length);
        Assert.All(numbers.Zip(actual), pair => Assert.Equal(pair.First, pair.Second, 1e-6 * largest));
    }
}
