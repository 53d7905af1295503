using System.Buffers.Binary;
using System.Text;
using MergeHost.Checkpoints;

namespace MergeHost.Plugins.Gguf.Names.Tokens;

/// <summary>What kind a piece is, by the numbers of SentencePiece, which GGUF uses too.</summary>
internal enum PieceKind
{
    Normal = 1,
    Unknown = 2,
    Control = 3,
    UserDefined = 4,
    Unused = 5,
    Byte = 6,
}

/// <summary>A token: its text as UTF-8, its score, its kind.</summary>
internal sealed record Piece(byte[] Text, float Score, PieceKind Kind)
{
    /// <summary>The token of a byte, as SentencePiece names it.</summary>
    public static Piece OfByte(byte value) => new(Encoding.ASCII.GetBytes($"<0x{value:X2}>"), 0, PieceKind.Byte);

    /// <summary>The text.</summary>
    public override string ToString() => Encoding.UTF8.GetString(Text);
}

/// <summary><c>tokenizer.model</c>: a message of protocol buffers, of which only what tokens need is read.</summary>
/// <seealso href="https://github.com/google/sentencepiece/blob/master/src/sentencepiece_model.proto">The message</seealso>
internal static class SentencePieceFile
{
    private const int Varint = 0;
    private const int Fixed64 = 1;
    private const int Bytes = 2;
    private const int Fixed32 = 5;
    private const int BytePairEncoding = 2;

    /// <summary>Reads the pieces, and whether a space is put before the text.</summary>
    /// <exception cref="CheckpointException">The content is no such message.</exception>
    public static (IReadOnlyList<Piece> Pieces, bool AddsSpace) Read(string name, byte[] content)
    {
        List<Piece> pieces = [];
        bool addsSpace = true;
        ProtoReader model = new(name, content);
        while (model.Next(out int field, out int wire))
        {
            switch (field, wire)
            {
                case (1, Bytes):
                    pieces.Add(ReadPiece(name, model.TakeBytes()));
                    break;
                case (3, Bytes):
                    addsSpace = ReadNormalizer(name, model.TakeBytes());
                    break;
                default:
                    model.Skip(wire);
                    break;
            }
        }

        return (pieces, addsSpace);
    }

    /// <summary>Makes a model of pieces: byte-pair encoding that falls back to bytes and leaves text as it is.</summary>
    /// <param name="pieces">All tokens, by id.</param>
    /// <param name="addsSpace">Whether a space is put before the text.</param>
    public static byte[] Write(IReadOnlyList<Piece> pieces, bool addsSpace, int unknown, int begin, int end, int padding)
    {
        using MemoryStream model = new();
        foreach (Piece piece in pieces)
        {
            using MemoryStream message = new();
            PutBytes(message, 1, piece.Text);
            message.WriteByte((2 << 3) | Fixed32);
            message.Write(BitConverter.GetBytes(piece.Score));
            PutNumber(message, 3, (long)piece.Kind);
            PutBytes(model, 1, message.ToArray());
        }

        using MemoryStream trainer = new();
        PutNumber(trainer, 3, BytePairEncoding);
        PutNumber(trainer, 4, pieces.Count);
        PutNumber(trainer, 35, pieces.Any(piece => piece.Kind == PieceKind.Byte) ? 1 : 0);
        foreach ((int field, int id) in ((int, int)[])[(40, unknown), (41, begin), (42, end), (43, padding)])
        {
            PutNumber(trainer, field, id);
        }

        PutBytes(model, 2, trainer.ToArray());
        using MemoryStream normalizer = new();
        PutBytes(normalizer, 1, Encoding.ASCII.GetBytes("identity"));
        PutNumber(normalizer, 3, addsSpace ? 1 : 0);
        PutNumber(normalizer, 4, 0);
        PutNumber(normalizer, 5, 1);
        PutBytes(model, 3, normalizer.ToArray());
        return model.ToArray();
    }

    private static bool ReadNormalizer(string name, ReadOnlySpan<byte> content)
    {
        bool addsSpace = true;
        ProtoReader normalizer = new(name, content);
        while (normalizer.Next(out int field, out int wire))
        {
            if ((field, wire) == (3, Varint))
            {
                addsSpace = normalizer.TakeNumber() != 0;
            }
            else
            {
                normalizer.Skip(wire);
            }
        }

        return addsSpace;
    }

    private static Piece ReadPiece(string name, ReadOnlySpan<byte> content)
    {
        byte[] text = [];
        float score = 0;
        PieceKind kind = PieceKind.Normal;
        ProtoReader piece = new(name, content);
        while (piece.Next(out int field, out int wire))
        {
            switch (field, wire)
            {
                case (1, Bytes):
                    text = piece.TakeBytes().ToArray();
                    break;
                case (2, Fixed32):
                    score = BinaryPrimitives.ReadSingleLittleEndian(piece.Take(sizeof(float)));
                    break;
                case (3, Varint):
                    kind = (PieceKind)piece.TakeNumber();
                    break;
                default:
                    piece.Skip(wire);
                    break;
            }
        }

        return new Piece(text, score, kind);
    }

    private static void PutBytes(MemoryStream message, int field, byte[] content)
    {
        PutVarint(message, (ulong)((field << 3) | Bytes));
        PutVarint(message, (ulong)content.Length);
        message.Write(content);
    }

    private static void PutNumber(MemoryStream message, int field, long number)
    {
        PutVarint(message, (ulong)((field << 3) | Varint));
        PutVarint(message, (ulong)number);
    }

    private static void PutVarint(MemoryStream message, ulong number)
    {
        for (; number >= 0x80; number >>= 7)
        {
            message.WriteByte((byte)(number | 0x80));
        }

        message.WriteByte((byte)number);
    }

    private ref struct ProtoReader(string name, ReadOnlySpan<byte> content)
    {
        private ReadOnlySpan<byte> _rest = content;

        public bool Next(out int field, out int wire)
        {
            ulong tag = _rest.IsEmpty ? 0 : TakeNumber();
            (field, wire) = ((int)(tag >> 3), (int)(tag & 7));
            return tag != 0;
        }

        public ulong TakeNumber()
        {
            ulong number = 0;
            for (int shift = 0; shift < 64; shift += 7)
            {
                byte next = Take(1)[0];
                number |= (ulong)(next & 0x7F) << shift;
                if (next < 0x80)
                {
                    return number;
                }
            }

            throw Broken();
        }

        public ReadOnlySpan<byte> TakeBytes()
        {
            ulong length = TakeNumber();
            return length <= (ulong)_rest.Length ? Take((int)length) : throw Broken();
        }

        public ReadOnlySpan<byte> Take(int length)
        {
            if (length > _rest.Length)
            {
                throw Broken();
            }

            ReadOnlySpan<byte> taken = _rest[..length];
            _rest = _rest[length..];
            return taken;
        }

        public void Skip(int wire)
        {
            switch (wire)
            {
                case Varint:
                    TakeNumber();
                    break;
                case Fixed64:
                    Take(sizeof(ulong));
                    break;
                case Bytes:
                    TakeBytes();
                    break;
                case Fixed32:
                    Take(sizeof(uint));
                    break;
                default:
                    throw Broken();
            }
        }

        private readonly CheckpointException Broken() =>
            new(new Problem(ErrorCodes.BadConfig, $"{name}: the file is no SentencePiece model, or is cut short"));
    }
}
