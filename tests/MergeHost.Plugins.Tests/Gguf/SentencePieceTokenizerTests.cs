using MergeHost.Checkpoints;
using MergeHost.Plugins.Gguf;
using MergeHost.Plugins.Gguf.Names;
using MergeHost.Testing;
using static MergeHost.Plugins.Tests.Gguf.GgufBytes;

namespace MergeHost.Plugins.Tests.Gguf;

public sealed class SentencePieceTokenizerTests : IDisposable
{
    private const uint Array = 9;

    private readonly TemporaryFolder _folder = new();

    // As published files of Phi 3 have it: fillers are unknown tokens, the unknown token is a mark. SentencePiece takes just one.
    [Fact]
    public void Open_OfSeveralUnknownTokens_MakesATokenizerOfOne()
    {
        GgufBytes file = GgufBytes.Good().Key("tokenizer.ggml.model", "llama")
            .Key("tokenizer.ggml.tokens", Array, [.. U32(8), .. U64(3), .. Text("<unk>"), .. Text("a"), .. Text("[PAD2]")])
            .Key("tokenizer.ggml.scores", Array, [.. U32(6), .. U64(3), .. new byte[12]])
            .Key("tokenizer.ggml.token_type", Array, [.. U32(5), .. U64(3), .. U32(3), .. U32(1), .. U32(2)])
            .Key("tokenizer.ggml.unknown_token_id", 4, U32(0));
        using ICheckpointReader reader = new GgufFormat().Open(_folder.Write("model.gguf", file.ToArray()));
        CompanionFile model = reader.Companions.Single(companion => companion.Name == "tokenizer.model");
        Assert.Equal([PieceKind.Unknown, PieceKind.Normal, PieceKind.Unused], SentencePieceModel.Read(model.Name, model.ReadBytes()).Pieces.Select(piece => piece.Kind));
    }

    public void Dispose() => _folder.Dispose();
}
