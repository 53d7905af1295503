using System.Text.Json.Nodes;
using MergeHost.Checkpoints;
using MergeHost.Kernels.DTypes;
using MergeHost.Plugins.Vocabulary.Transplanting;
using MergeHost.Testing;

namespace MergeHost.Plugins.Tests.Vocabulary;

public sealed class TransplantAlignmentTests : ModelAlignmentContract<TransplantAlignment>
{
    private TransplantOptions _options = new() { Donor = "donor", K = 3 };

    protected override IReadOnlyList<TinyCheckpoint> Models { get; } = [TinyCheckpoint.Llama(type: DType.F32)];

    protected override object Options => _options;

    [Fact]
    public void Rows_OfTokensThatBothHave_AreTheModels()
    {
        ICheckpointReader aligned = Align([Models[0].Open()]).Checkpoints[0];
        Assert.Equal([10, 4], aligned.Tensors[0].Shape);
        Assert.Equal(Row(Models[0].Open(), 5), Row(aligned, 5));
    }

    // With the same rows in both, what makes the donor's row makes that of the model.
    [Theory]
    [InlineData(TransplantMethod.Omp, InterpolationWeights.DistanceProportional, 4)]
    [InlineData(TransplantMethod.CommonInterpolation, InterpolationWeights.LeastSquares, 4)]
    [InlineData(TransplantMethod.CommonInterpolation, InterpolationWeights.Barycentric, 5)]
    public void Rows_OfAModelThatIsTheDonorWithoutTwoTokens_AreTheDonors(TransplantMethod method, InterpolationWeights weights, int k)
    {
        _options = new TransplantOptions { Donor = "donor", Method = method, Weights = weights, K = k };
        ICheckpointReader donor = Open("donor");
        float[] all = new float[40];
        donor.ReadSingle(donor.Tensors[0], 0, all);
        ICheckpointReader aligned =
            Align([TinyCheckpoint.Llama(type: DType.F32).Add(donor.Tensors[0].Name, DType.F32, [8, 4], all[..32]).Open()]).Checkpoints[0];
        Assert.All(Row(donor, 9).Zip(Row(aligned, 9)), pair => Assert.Equal(pair.First, pair.Second, 1e-4f));
    }

    [Fact]
    public void Rows_ByMean_AreTheMeanOfTheModels()
    {
        _options = new TransplantOptions { Donor = "donor", Method = TransplantMethod.Mean };
        float[] mean = [.. Enumerable.Range(0, 4)
            .Select(column => Enumerable.Range(0, 8).Average(row => Row(Models[0].Open(), row)[column]))];
        Assert.All(mean.Zip(Row(Align([Models[0].Open()]).Checkpoints[0], 8)), pair => Assert.Equal(pair.First, pair.Second, 1e-6f));
    }

    [Theory]
    [InlineData(PrefixMatch.Embedding, 1)]
    [InlineData(PrefixMatch.Both, 1)]
    [InlineData(PrefixMatch.Head, null)]
    public void PrefixMatch_OfATokenThatBeginsWithOneOfTheModels_GivesItThatRow(PrefixMatch match, int? row)
    {
        _options = new TransplantOptions { Donor = "donor", Method = TransplantMethod.Mean, PrefixMatch = match };
        string[] tokens = ["token0", "token", "tok", "token3", "oken", "token5", "token6", "token7"];
        TinyCheckpoint model = TinyCheckpoint.Llama(type: DType.F32).AddFile("tokenizer.json", Tokenizer(tokens));
        ICheckpointReader aligned = Align([model.Open()]).Checkpoints[0];
        float[] mean = [.. Enumerable.Range(0, 4)
            .Select(column => Enumerable.Range(0, 8).Average(index => Row(Models[0].Open(), index)[column]))];
        Assert.All((row is { } found ? Row(Models[0].Open(), found) : mean).Zip(Row(aligned, 8)),
            pair => Assert.Equal(pair.First, pair.Second, 1e-6f));
        Assert.Equal(Row(Models[0].Open(), 3), Row(aligned, 3));
    }

    [Fact]
    public void K_AboveTheTokensThatBothHave_IsRefused()
    {
        _options = new TransplantOptions { Donor = "donor", K = 9 };
        Problem problem = Assert.Throws<MergeHostException>(() => Align([Models[0].Open()])).Problems[0];
        Assert.Equal((ErrorCodes.ValueOutOfRange, "k is 9, and the models share 8 tokens"), (problem.Code, problem.Message));
    }

    [Fact]
    public void Subword_OfATokenThatTheModelCutsIntoOneWithoutARow_IsRefused()
    {
        JsonObject tokenizer = Tokenizer([.. Enumerable.Range(0, 8).Select(id => $"token{id}")]);
        tokenizer["added_tokens"] = new JsonArray(new JsonObject { ["id"] = 8, ["content"] = "token8", ["special"] = true });
        TinyCheckpoint model = TinyCheckpoint.Llama(type: DType.F32).AddFile("tokenizer.json", tokenizer);
        _options = new TransplantOptions { Donor = "donor", Method = TransplantMethod.Subword };
        Problem problem = Assert.Throws<MergeHostException>(() => Align([model.Open()])).Problems[0];
        Assert.Equal(ErrorCodes.VocabularyMismatch, problem.Code);
        Assert.Equal("the model cuts 'token8' into tokens of which 8 has no row in 'model.embed_tokens.weight' of 8 rows", problem.Message);
    }

    [Fact]
    public void SharedRows_OfMoreNumbersThanAnArrayHolds_AreRefused()
    {
        Problem problem = Assert.Throws<MergeHostException>(() => Align([new WideCheckpoint(Models[0].Open())])).Problems[0];
        Assert.Equal(ErrorCodes.NotSupported, problem.Code);
        Assert.StartsWith("the rows of the 8 tokens that both models have are 4,294,967,296 numbers", problem.Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Models_OfANumberOtherThanOne_AreRefused() =>
        Assert.Equal(ErrorCodes.SourceCount,
            Assert.Throws<MergeHostException>(() => Align([Models[0].Open(), Models[0].Open()])).Problems[0].Code);

    protected override ICheckpointReader Open(string name) => TinyCheckpoint.Llama(tokens: 10, type: DType.F32, seed: 2).Open();

    private static JsonObject Tokenizer(string[] tokens) => new()
    {
        ["added_tokens"] = new JsonArray(),
        ["pre_tokenizer"] = new JsonObject { ["type"] = "ByteLevel", ["add_prefix_space"] = false },
        ["model"] = new JsonObject
        {
            ["type"] = "BPE",
            ["vocab"] = new JsonObject(tokens.Index().Select(token => KeyValuePair.Create(token.Item, (JsonNode?)token.Index))),
            ["merges"] = new JsonArray(),
        },
    };

    private static float[] Row(ICheckpointReader model, int row)
    {
        float[] values = new float[4];
        model.ReadSingle(model.Tensors[0], 4 * row, values);
        return values;
    }
}
