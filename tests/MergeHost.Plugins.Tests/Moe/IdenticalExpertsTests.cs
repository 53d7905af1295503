using MergeHost.Builders;
using MergeHost.Checkpoints;
using MergeHost.Kernels.DTypes;
using MergeHost.Plugins.Moe;
using MergeHost.Plugins.Moe.Checking;
using MergeHost.Plugins.Safetensors;
using MergeHost.Runtimes;
using MergeHost.Testing;

namespace MergeHost.Plugins.Tests.Moe;

/// <summary>The check of a mixture, with sums of weights in the place of a runtime's arithmetic;
/// <c>MixtureTests</c> have a real one.</summary>
public sealed class IdenticalExpertsTests
{
    private static readonly string _base = Path.Combine(AppContext.BaseDirectory, "fixtures", "moe", "base");

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Run_WhereTheMixtureIsTheMeanOfItsExperts_FindsTheDenseModelOfEach(bool isFused)
    {
        using ICheckpointReader @base = new SafetensorsFormat().Open(_base);
        TinyCheckpoint mixture = Mixture(@base, isFused);
        List<double> seen = [];
        string found = new IdenticalExperts(new DenseModel("base", @base, null))
            .Run(Built(mixture, checkpoint => new SummedModel(checkpoint, 0, seen)));
        Assert.Equal("if all experts are one of the 2, the mixture is the dense model: log-likelihoods agree to 0 of the largest", found);
        Assert.Equal([2, 2, 4, 4], seen);
    }

    [Fact]
    public void Run_WhereTheMixtureIsAnotherModel_TellsHowFarApartTheyAre()
    {
        using ICheckpointReader @base = new SafetensorsFormat().Open(_base);
        BuildException exception = Assert.Throws<BuildException>(() =>
            new IdenticalExperts(new DenseModel("base", @base, null))
                .Run(Built(Mixture(@base, isFused: false), checkpoint => new SummedModel(checkpoint, 0.5, []))));
        Assert.Equal(ErrorCodes.BuildRefused, exception.Code);
        Assert.Contains("if every expert is expert 0, log-likelihoods are up to 0.5 from those of the dense model, which are up to 2",
            exception.Message, StringComparison.Ordinal);
    }

    private static BuiltModel Built(TinyCheckpoint mixture, Func<ICheckpointReader, ILanguageModel> run) =>
        new(mixture.Open(), run) { Cancellation = default };

    // The down projections of expert e are full of e + 1.
    private static TinyCheckpoint Mixture(ICheckpointReader @base, bool isFused)
    {
        TinyCheckpoint mixture = new TinyCheckpoint()
            .AddFile("config.json", (System.Text.Json.Nodes.JsonObject)System.Text.Json.Nodes.JsonNode.Parse(
                """{"model_type": "mixtral", "num_local_experts": 2, "num_experts_per_tok": 2, "num_hidden_layers": 2}""")!);
        foreach (TensorInfo tensor in @base.Tensors.Where(tensor => !tensor.Name.Contains(".mlp.", StringComparison.Ordinal)))
        {
            mixture = mixture.Add(tensor.Name, DType.F32, tensor.Shape, new float[tensor.ElementCount]);
        }

        foreach (int layer in new[] { 0, 1 })
        {
            string block = $"model.layers.{layer}.{(isFused ? "mlp" : "block_sparse_moe")}";
            mixture = mixture.Add($"{block}.gate.weight", DType.F32, [2, 32], new float[64]);
            if (isFused)
            {
                mixture = mixture.Add($"{block}.experts.gate_up_proj", DType.F32, [2, 2, 3], new float[12])
                    .Add($"{block}.experts.down_proj", DType.F32, [2, 3, 1], [1, 1, 1, 2, 2, 2]);
                continue;
            }

            foreach (int expert in new[] { 0, 1 })
            {
                mixture = mixture.Add($"{block}.experts.{expert}.w1.weight", DType.F32, [1, 3], new float[3])
                    .Add($"{block}.experts.{expert}.w3.weight", DType.F32, [1, 3], new float[3])
                        .Add($"{block}.experts.{expert}.w2.weight", DType.F32, [3, 1], [expert + 1, expert + 1, expert + 1]);
            }
        }

        return mixture;
    }

    /// <summary>Gives every token the mean down projection of all layers' experts, times the layers.</summary>
    private sealed class SummedModel : ILanguageModel
    {
        private readonly double _likelihood;

        public SummedModel(ICheckpointReader checkpoint, double errorOfMixtures, List<double> seen)
        {
            TensorInfo[] downs = [.. checkpoint.Tensors.Where(tensor => tensor.Name.Contains(".w2.", StringComparison.Ordinal)
                || tensor.Name.Contains("down_proj", StringComparison.Ordinal))];
            bool isMixture = downs.Length > 2;
            _likelihood = (2 * downs.Average(down => Read(checkpoint, down).Average())) + (isMixture ? errorOfMixtures : 0);
            seen.Add(_likelihood);
        }

        public int MaxPositions => 16;

        public int VocabularySize => 100;

        public IReadOnlyList<int> Encode(string text, bool begins) => [];

        public string Decode(IReadOnlyList<int> ids) => "";

        public string NameToken(int id) => "";

        public TokenizerDescription Tokenizer => throw new NotSupportedException();

        public string RenderChat(IReadOnlyList<ChatMessage> messages, bool continues) => throw new NotSupportedException();

        public IReadOnlyList<IReadOnlyList<IReadOnlyList<TokenScore>>> Score(IReadOnlyList<ScoredPrompt> prompts,
            CancellationToken cancellation) => throw new NotSupportedException();

        public IReadOnlyList<GeneratedText> Generate(
            IReadOnlyList<IReadOnlyList<int>> prompts, GenerationOptions options, CancellationToken cancellation,
            GenerationObserver? observer = null) =>
            [.. prompts.Select(prompt =>
                new GeneratedText([.. prompt.Select((id, place) => new GeneratedToken(id, place == 0 ? null : -_likelihood, []))], [], "",
                    true))];

        public void Dispose()
        {
        }

        private static float[] Read(ICheckpointReader checkpoint, TensorInfo tensor)
        {
            float[] values = new float[tensor.ElementCount];
            checkpoint.ReadSingle(tensor, 0, values);
            return values;
        }
    }
}
