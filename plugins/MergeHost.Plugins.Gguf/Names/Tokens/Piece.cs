using System.Text;
using MergeHost.Tokenizers;

namespace MergeHost.Plugins.Gguf.Names.Tokens;

/// <summary>A token: its text as UTF-8, its score, its kind; GGUF has SentencePiece's numbers of kinds.</summary>
internal sealed record Piece(byte[] Text, float Score, SentencePieceKind Kind)
{
    /// <summary>The token of a byte, as SentencePiece names it.</summary>
    public static Piece OfByte(byte value) => new(Encoding.ASCII.GetBytes($"<0x{value:X2}>"), 0, SentencePieceKind.Byte);

    /// <summary>A piece of a SentencePiece model.</summary>
    public static Piece Of(SentencePiece piece) => new(Encoding.UTF8.GetBytes(piece.Text), piece.Score, piece.Kind);

    /// <summary>The token as a SentencePiece model has it.</summary>
    public SentencePiece ToSentencePiece() => new(ToString(), Score, Kind);

    /// <summary>The text.</summary>
    public override string ToString() => Encoding.UTF8.GetString(Text);
}
