using Google.Protobuf;

namespace MergeHost.Tokenizers;

/// <summary>What a <c>tokenizer.model</c> holds, as far as ids depend on it.</summary>
/// <seealso href="https://github.com/google/sentencepiece/blob/master/src/sentencepiece_model.proto"/>
public sealed class SentencePieceModel
{
    private const int Bpe = 2;

    private readonly List<SentencePiece> _pieces = [];
    private int _kind = 1;
    private bool _hasByteFallback;
    private bool _hasCharacterMap;
    private bool _removesExtraSpaces = true;
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
                case (2, 35): _hasByteFallback = message.ReadBool(); break;
                case (2, 41): BeginId = message.ReadInt32(); break;
                case (3, 2): _hasCharacterMap = message.ReadBytes().Length > 0; break;
                case (3, 3): AddsPrefix = message.ReadBool(); break;
                case (3, 4): _removesExtraSpaces = message.ReadBool(); break;
                case (3, 5): _escapesSpaces = message.ReadBool(); break;
                default: message.SkipLastField(); break;
            }
        }

        if (field == 1)
        {
            _pieces.Add(piece);
        }
    }

    /// <summary>Refuses what <see cref="BpePieces"/> does not do to the letter.</summary>
    /// <exception cref="MergeHostException">MH6004: the model is of a kind that is not known here.</exception>
    internal void ThrowIfUnsupported(string file)
    {
        (bool IsThere, string What, string Known)[] refused =
        [
            (_kind != Bpe, "a model that is not of type BPE", "BPE"),
            (!_hasByteFallback, "a model without a fallback to bytes", "byte_fallback"),
            (_hasCharacterMap, "a normalizer that maps characters", "identity"),
            (_removesExtraSpaces, "a normalizer that removes spaces", "identity"),
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
