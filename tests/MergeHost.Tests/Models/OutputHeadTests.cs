using System.Text.Json.Nodes;
using MergeHost.Checkpoints;
using MergeHost.Models;

namespace MergeHost.Tests.Models;

public sealed class OutputHeadTests
{
    private static readonly TensorInfo _embedding = new("model.embed_tokens.weight", DType.F32, [2, 2]);

    // 1, 0.5, 2 and 0 in each type.
    [Theory]
    [InlineData("F32", "0000803F0000003F0000004000000000", true)]
    [InlineData("BF16", "803F003F00400000", true)]
    [InlineData("BF16", "803F003F00410000", false)]
    [InlineData("I8", "01000200", false)]
    public void IsEmbedding_OfAHeadThatIsStoredThoughItIsTied_IsWhereTheNumbersAreEqual(string type, string head, bool isEmbedding)
    {
        TensorInfo stored = new("lm_head.weight", DType.Find(type)!, [2, 2]);
        Stored reader = new([_embedding, stored], [Convert.FromHexString("0000803F0000003F0000004000000000"), Convert.FromHexString(head)]);
        Assert.Equal(isEmbedding, OutputHead.IsEmbedding(reader.Tensors, new JsonObject { ["tie_word_embeddings"] = true }, () => reader));
    }

    private sealed class Stored(TensorInfo[] tensors, byte[][] data) : ICheckpointReader
    {
        public IReadOnlyList<TensorInfo> Tensors => tensors;

        public IReadOnlyList<CompanionFile> Companions => [];

        public IReadOnlyList<string> WeightFiles => [];

        public IReadOnlyList<Problem> Warnings => [];

        public void Read(TensorInfo tensor, long firstElement, Span<byte> destination) =>
            data[Array.IndexOf(tensors, tensor)].AsSpan((int)tensor.DType.LengthBytes(firstElement), destination.Length)
                .CopyTo(destination);

        public void Dispose()
        {
        }
    }
}
