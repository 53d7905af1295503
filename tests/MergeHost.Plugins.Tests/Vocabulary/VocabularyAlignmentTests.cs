using System.Text.Json.Nodes;
using MergeHost.Alignments;
using MergeHost.Checkpoints;
using MergeHost.Kernels.DTypes;
using MergeHost.Plugins.Vocabulary;
using MergeHost.Testing;

namespace MergeHost.Plugins.Tests.Vocabulary;

public sealed class VocabularyAlignmentTests : ModelAlignmentContract<VocabularyAlignment>
{
    private const string Embedding = "model.embed_tokens.weight";

    private VocabularyOptions _options = new();

    protected override object Options => _options;

    [Fact]
    public void Rows_OfTokensThatOneModelHas_AreItsOwnInAllModels()
    {
        AlignedModels aligned = Align(Opened());
        Assert.All(aligned.Checkpoints, model => Assert.Equal([10, 4], Tensor(model).Shape));
        Assert.Equal(Row(Models[1].Open(), 9), Row(aligned.Checkpoints[0], 9));
        Assert.Equal(Row(Models[0].Open(), 3), Row(aligned.Checkpoints[0], 3));
        Assert.Equal(2, aligned.Report["added"]!["count"]!.GetValue<int>());
        Assert.Equal(2, aligned.Report["filled"]!["only_owner"]!["count"]!.GetValue<int>());
    }

    [Fact]
    public void Embedding_OfMoreElementsThanAnIntCounts_IsAligned() =>
        Assert.Equal([10, WideCheckpoint.Width],
            Tensor(Align([.. Models.Select(model => new WideCheckpoint(model.Open()))]).Checkpoints[0]).Shape);

    [Fact]
    public void Rows_BehindTheTokens_AreTheMeanOfTheModelsRows()
    {
        _options = new VocabularyOptions { Source = "base", PadToMultipleOf = 16 };
        ICheckpointReader aligned = Align(Opened()).Checkpoints[0];
        Assert.Equal(16, Tensor(aligned).Shape[0]);
        float[] mean = [.. Enumerable.Range(0, 4)
            .Select(column => Enumerable.Range(0, 8).Average(row => Row(Models[0].Open(), row)[column]))];
        Assert.All(Row(aligned, 15).Zip(mean), pair => Assert.Equal(pair.Second, pair.First, 0.002f));
    }

    [Fact]
    public void Rows_OfTheModelsOrder_FollowTokensAndNotIds()
    {
        JsonObject vocabulary = new(Enumerable.Range(0, 8).Select(id => KeyValuePair.Create($"token{7 - id}", (JsonNode?)id)));
        TinyCheckpoint turned = TinyCheckpoint.Llama(seed: 2)
            .AddFile("tokenizer.json", new JsonObject { ["model"] = new JsonObject { ["vocab"] = vocabulary } });
        _options = new VocabularyOptions { Source = "base" };
        AlignedModels aligned = Align([Models[0].Open(), turned.Open()]);
        Assert.Equal(Row(turned.Open(), 0), Row(aligned.Checkpoints[1], 7));
        Assert.Equal(8, aligned.Report["moved"]!["model1"]!.GetValue<int>());
        Assert.Equal(0, aligned.Report["moved"]!["model0"]!.GetValue<int>());
    }

    [Fact]
    public void KeepRows_OfAPaddedBase_KeepsItsNumber()
    {
        TinyCheckpoint padded = TinyCheckpoint.Llama(tokens: 16).AddFile("tokenizer.json", new JsonObject
        {
            ["model"] = new JsonObject
            {
                ["vocab"] = new JsonObject(Enumerable.Range(0, 8).Select(id => KeyValuePair.Create($"token{id}", (JsonNode?)id)))
            },
        });
        List<Problem> warnings = [];
        Assert.Equal(10, Tensor(Align([padded.Open(), Models[1].Open()], warnings.Add).Checkpoints[0]).Shape[0]);
        Assert.Contains(warnings, warning => warning.Message == "the output has 10 rows, 'model0' has 16");
        _options = new VocabularyOptions { KeepRows = true };
        Assert.Equal(16, Tensor(Align([padded.Open(), Models[1].Open()]).Checkpoints[1]).Shape[0]);
    }

    [Fact]
    public void Files_ThatContradictEachOther_AreWarnedOfAndTokenizerJsonCounts()
    {
        byte[] model = [.. Piece("<unk>", 2), .. Piece("other", 1), 0x12, 2, 0x18, 2];
        List<Problem> warnings = [];
        AlignedModels aligned = Align([With(Models[0].Open(), CompanionFile.FromBytes("tokenizer.model", model)), Models[1].Open()],
            warnings.Add);
        Problem warning = Assert.Single(warnings, warning => warning.Code == ErrorCodes.CheckpointOddity);
        Assert.Equal(
            "'model0': id 0 is 'token0' in tokenizer.json and '<unk>' in tokenizer.model, and 1 more differ; tokenizer.json counts",
            warning.Message);
        Assert.DoesNotContain(aligned.Companions!, file => file.Name == "tokenizer.model");

        static byte[] Piece(string text, byte kind) =>
            [0x0A, (byte)(4 + text.Length), 0x0A, (byte)text.Length, .. System.Text.Encoding.ASCII.GetBytes(text), 0x18, kind];
    }

    [Fact]
    public void Tokens_OfAModelWithTokenizerModelAlone_AreItsPieces()
    {
        byte[] model = [.. Enumerable.Range(0, 8)
            .SelectMany(id => new byte[] { 0x0A, 8, 0x0A, 6 }.Concat(System.Text.Encoding.ASCII.GetBytes($"token{7 - id}"))), 0x12, 2,
                0x18, 2];
        TinyCheckpoint other = TinyCheckpoint.Llama(seed: 2).Remove("tokenizer.json");
        _options = new VocabularyOptions { Source = "base" };
        AlignedModels aligned = Align([Models[0].Open(), With(other.Open(), CompanionFile.FromBytes("tokenizer.model", model))]);
        Assert.Equal(Row(other.Open(), 0), Row(aligned.Checkpoints[1], 7));
    }

    private ICheckpointReader[] Opened() => [.. Models.Select(model => model.Open())];

    private static TensorInfo Tensor(ICheckpointReader model) => model.Tensors.Single(tensor => tensor.Name == Embedding);

    private static float[] Row(ICheckpointReader model, int row)
    {
        float[] values = new float[4];
        model.ReadSingle(Tensor(model), 4 * row, values);
        return values;
    }

    private static Extended With(ICheckpointReader inner, CompanionFile file) => new Extended(inner, file);

    private sealed class Extended(ICheckpointReader inner, CompanionFile file) : DerivedCheckpoint(inner)
    {
        public override IReadOnlyList<CompanionFile> Companions { get; } = [.. inner.Companions, file];
    }
}
