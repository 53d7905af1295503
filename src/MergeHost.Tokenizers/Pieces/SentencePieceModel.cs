using Google.Protobuf;

namespace MergeHost.Tokenizers;

/// <summary>What a <c>tokenizer.model</c> holds, as far as ids depend on it.</summary>
/// <seealso href="https://github.com/google/sentencepiece/blob/master/src/sentencepiece_model.proto"/>
public sealed class SentencePieceModel
{
    private const int Unigram = 1;
    private const int Bpe = 2;

    // Longer pieces are none that text is made of; broken files have some, for which there are too many pairs to try.
    private const int MostCharacters = 256;

    private readonly List<SentencePiece> _pieces = [];
    private int _kind = Unigram;
    private bool _escapesSpaces = true;
    private bool _spacesAreSuffixes;

    private SentencePieceModel()
    {
    }

    /// <summary>The pieces; the index of each is its id.</summary>
    public IReadOnlyList<SentencePiece> Pieces => _pieces;

    /// <summary>Whether pieces are merged pair by pair; if not, it is a Unigram model or of another kind.</summary>
    public bool IsBpe => _kind == Bpe;

    /// <summary>Whether a space is put in front of every text.</summary>
    public bool AddsPrefix { get; private set; } = true;

    /// <summary>The id of BOS; 1 unless the model says otherwise, negative for none.</summary>
    public int BeginId { get; private set; } = 1;

    /// <summary>Whether characters that are no pieces are cut into bytes.</summary>
    internal bool HasByteFallback { get; private set; }

    /// <summary>The map of characters that a text goes through first; empty for none.</summary>
    internal ReadOnlyMemory<byte> CharacterMap { get; private set; }

    /// <summary>Whether spaces at the ends of a text are dropped, and runs of them made one.</summary>
    internal bool RemovesExtraSpaces { get; private set; } = true;

    /// <summary>Whether it is BPE that falls back to bytes and leaves text as it is but for its spaces, as Llama's.</summary>
    internal bool LeavesText => IsBpe && HasByteFallback && CharacterMap.IsEmpty && !RemovesExtraSpaces;

    /// <summary>Reads a model.</summary>
    /// <param name="content">The file.</param>
    /// <param name="file">Its name, for messages.</param>
    /// <exception cref="MergeHostException">MH2013: the file is broken.</exception>
    public static SentencePieceModel Read(byte[] content, string file)
    {
        SentencePieceModel model = new();
        try
        {
            using CodedInputStream stream = new(content);
            while (stream.ReadTag() is > 0 and var tag)
            {
                model.Read(WireFormat.GetTagFieldNumber(tag), tag, stream);
            }
        }
        catch (InvalidProtocolBufferException exception)
        {
            throw TokenizerException.Broken(file, $"this is no SentencePiece model: {exception.Message}", exception);
        }

        return model;
    }

    /// <summary>Makes the file of a BPE model that falls back to bytes where it has them, and
    /// leaves text as it is but for its spaces.</summary>
    /// <param name="pieces">All pieces, by id.</param>
    /// <param name="addsPrefix">Whether a space is put in front of every text.</param>
    /// <param name="unknown">The id of the unknown token; this and the others are -1 for none.</param>
    /// <param name="begin">The id of BOS.</param>
    /// <param name="end">The id of EOS.</param>
    /// <param name="padding">The id of the token that texts are padded with.</param>
    public static byte[] Write(IReadOnlyList<SentencePiece> pieces, bool addsPrefix, int unknown, int begin, int end, int padding) =>
        Message(model =>
        {
            foreach (SentencePiece piece in pieces)
            {
                Write(model, 1, message =>
                {
                    message.WriteTag(1, WireFormat.WireType.LengthDelimited);
                    message.WriteString(piece.Text);
                    message.WriteTag(2, WireFormat.WireType.Fixed32);
                    message.WriteFloat(piece.Score);
                    Write(message, 3, (int)piece.Kind);
                });
            }

            Write(model, 2, trainer =>
            {
                Write(trainer, 3, Bpe);
                Write(trainer, 4, pieces.Count);
                Write(trainer, 35, pieces.Any(piece => piece.Kind == SentencePieceKind.Byte) ? 1 : 0);
                Write(trainer, 40, unknown);
                Write(trainer, 41, begin);
                Write(trainer, 42, end);
                Write(trainer, 43, padding);
            });
            Write(model, 3, normalizer =>
            {
                normalizer.WriteTag(1, WireFormat.WireType.LengthDelimited);
                normalizer.WriteString("identity");
                Write(normalizer, 3, addsPrefix ? 1 : 0);
                Write(normalizer, 4, 0);
                Write(normalizer, 5, 1);
            });
        });

    /// <summary>Every way to make a piece of two, in the order in which SentencePiece would take them; ways to make the
    /// same piece by the ids of its parts.</summary>
    /// <param name="pieces">All pieces, by id.</param>
    public static IEnumerable<(string Left, string Right)> Merges(IReadOnlyList<SentencePiece> pieces)
    {
        Dictionary<string, int> ids = new(StringComparer.Ordinal);
        foreach ((int id, SentencePiece piece) in pieces.Index().Where(piece => piece.Item.Kind == SentencePieceKind.Normal))
        {
            ids.TryAdd(piece.Text, id);
        }

        foreach ((string text,
            _) in ids.Where(piece => piece.Key.Length <= MostCharacters).OrderByDescending(piece => pieces[piece.Value].Score)
                .ThenBy(piece => piece.Value))
        {
            foreach ((string Left, string Right) pair in Enumerable.Range(1, Math.Max(0, text.Length - 1))
                .Select(length => (Left: text[..length], Right: text[length..]))
                    .Where(pair => ids.ContainsKey(pair.Left) && ids.ContainsKey(pair.Right)).OrderBy(pair => ids[pair.Left]))
            {
                yield return pair;
            }
        }
    }

    private void Read(int field, uint tag, CodedInputStream stream)
    {
        if (field is < 1 or > 3 || WireFormat.GetTagWireType(tag) != WireFormat.WireType.LengthDelimited)
        {
            stream.SkipLastField();
            return;
        }

        using CodedInputStream message = stream.ReadBytes().CreateCodedInput();
        SentencePiece piece = new("", 0, SentencePieceKind.Normal);
        while (message.ReadTag() is > 0 and var inner)
        {
            switch (field, WireFormat.GetTagFieldNumber(inner))
            {
                case (1, 1): piece = piece with { Text = message.ReadString() }; break;
                case (1, 2): piece = piece with { Score = message.ReadFloat() }; break;
                case (1, 3): piece = piece with { Kind = (SentencePieceKind)message.ReadInt32() }; break;
                case (2, 3): _kind = message.ReadInt32(); break;
                case (2, 24): _spacesAreSuffixes = message.ReadBool(); break;
                case (2, 35): HasByteFallback = message.ReadBool(); break;
                case (2, 41): BeginId = message.ReadInt32(); break;
                case (3, 2): CharacterMap = message.ReadBytes().Memory; break;
                case (3, 3): AddsPrefix = message.ReadBool(); break;
                case (3, 4): RemovesExtraSpaces = message.ReadBool(); break;
                case (3, 5): _escapesSpaces = message.ReadBool(); break;
                default: message.SkipLastField(); break;
            }
        }

        if (field == 1)
        {
            _pieces.Add(piece);
        }
    }

    private static byte[] Message(Action<CodedOutputStream> write)
    {
        using MemoryStream content = new();
        using (CodedOutputStream stream = new(content, leaveOpen: true))
        {
            write(stream);
        }

        return content.ToArray();
    }

    private static void Write(CodedOutputStream stream, int field, Action<CodedOutputStream> write)
    {
        stream.WriteTag(field, WireFormat.WireType.LengthDelimited);
        stream.WriteBytes(ByteString.CopyFrom(Message(write)));
    }

    private static void Write(CodedOutputStream stream, int field, int number)
    {
        stream.WriteTag(field, WireFormat.WireType.Varint);
        stream.WriteInt32(number);
    }

    /// <summary>Refuses what <see cref="BpePieces"/> and <see cref="UnigramPieces"/> do not do to the letter.</summary>
    /// <exception cref="MergeHostException">MH6004: the model is of a kind that is not known here.</exception>
    internal void ThrowIfUnsupported(string file)
    {
        (bool IsThere, string What, string Known)[] refused =
        [
            (_kind is not (Unigram or Bpe), "a model that is neither BPE nor Unigram", "BPE and Unigram"),
            (!_escapesSpaces || _spacesAreSuffixes, "spaces that are not escaped in front of words", "escaped in front"),
            (_pieces.Exists(piece => piece.Kind == SentencePieceKind.Unused), "a piece that is not used", "pieces that are used"),
        ];
        foreach ((_, string what, string known) in refused.Where(setting => setting.IsThere))
        {
            throw TokenizerException.Unsupported(file, what, known);
        }
    }
}

/// <summary>A piece of a SentencePiece model.</summary>
/// <param name="Text">Its text, with U+2581 for a space.</param>
/// <param name="Score">The larger, the sooner the piece is merged.</param>
/// <param name="Kind">What it is for.</param>
public sealed record SentencePiece(string Text, float Score, SentencePieceKind Kind);

/// <summary>What a piece is for; the numbers are those of the file.</summary>
public enum SentencePieceKind
{
    /// <summary>A piece of text.</summary>
    Normal = 1,

    /// <summary>It stands for what is no piece.</summary>
    Unknown = 2,

    /// <summary>It steers the model, and is no part of a text.</summary>
    Control = 3,

    /// <summary>A text that is never cut.</summary>
    UserDefined = 4,

    /// <summary>It is never used.</summary>
    Unused = 5,

    /// <summary>A byte, for characters that are no pieces.</summary>
    Byte = 6,
}
