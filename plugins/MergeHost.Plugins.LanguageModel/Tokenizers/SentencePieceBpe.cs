using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace MergeHost.Plugins.LanguageModel.Tokenizers;

/// <summary>SentencePiece's BPE with a fallback to bytes, read from a <c>tokenizer.model</c>.</summary>
/// <remarks>As SentencePiece itself does, it takes control words such as <c>&lt;s&gt;</c> in a text for plain text.</remarks>
/// <seealso href="https://arxiv.org/abs/1808.06226"/>
internal sealed class SentencePieceBpe
{
    private const string File = "tokenizer.model";
    private const char Space = '▁';

    private readonly Dictionary<string, (int Id, float Score)> _pieces;
    private readonly Dictionary<string, int> _defined;
    private readonly Regex? _definedPattern;
    private readonly int[] _bytes;
    private readonly TokenText[] _texts;

    /// <exception cref="MergeHostException">MH6004: the model is of a kind that is not known here; MH2013: the file is broken.</exception>
    public SentencePieceBpe(byte[] content)
    {
        SentencePieceModel model = SentencePieceModel.Read(content, File);
        _texts = [.. model.Pieces.Select(Text)];
        BeginId = model.BeginId < 0 ? null : model.BeginId;
        AddsPrefix = model.AddsPrefix;
        _pieces = model.Pieces.Index().Where(pair => pair.Item.Kind == SentencePieceKind.Normal)
            .ToDictionary(pair => pair.Item.Text, pair => (pair.Index, pair.Item.Score));
        _defined = model.Pieces.Index().Where(pair => pair.Item.Kind == SentencePieceKind.UserDefined).ToDictionary(pair => pair.Item.Text, pair => pair.Index);
        _definedPattern = LongestFirst.Of(_defined.Keys);
        Dictionary<string, int> bytes = model.Pieces.Index().Where(pair => pair.Item.Kind == SentencePieceKind.Byte)
            .ToDictionary(pair => pair.Item.Text, pair => pair.Index);
        _bytes = [.. Enumerable.Range(0, 256).Select(value => string.Create(CultureInfo.InvariantCulture, $"<0x{value:X2}>"))
            .Select(name => bytes.TryGetValue(name, out int id) ? id : throw TokenizerException.Broken(File, $"piece '{name}' is not there"))];
    }

    /// <summary>Whether a space is put in front of every text.</summary>
    public bool AddsPrefix { get; }

    /// <summary>The id of BOS, or <see langword="null"/> if the model has none.</summary>
    public int? BeginId { get; }

    /// <summary>The ids of a text, without BOS and EOS.</summary>
    public IReadOnlyList<int> Encode(string text)
    {
        string escaped = (AddsPrefix ? " " + text : text).Replace(' ', Space);
        List<int> ids = [];
        int start = 0;
        for (Match? match = _definedPattern?.Match(escaped); match?.Success == true; match = match.NextMatch())
        {
            ids.AddRange(Merge(escaped[start..match.Index]));
            ids.Add(_defined[match.Value]);
            start = match.Index + match.Length;
        }

        ids.AddRange(Merge(escaped[start..]));
        return ids;
    }

    /// <summary>What an id stands for.</summary>
    public TokenText? Find(int id) => id >= 0 && id < _texts.Length ? _texts[id] : null;

    private IEnumerable<int> Merge(string escaped)
    {
        List<int> starts = new(escaped.Length);
        int start = 0;
        foreach (Rune rune in escaped.EnumerateRunes())
        {
            starts.Add(start);
            start += rune.Utf16SequenceLength;
        }

        return PieceMerger.Merge(escaped, starts, Cost).SelectMany(Ids);
    }

    private static TokenText Text(SentencePiece piece) => piece.Kind == SentencePieceKind.Byte
        ? new TokenText([byte.Parse(piece.Text.AsSpan(3, 2), NumberStyles.HexNumber, CultureInfo.InvariantCulture)], false)
        : new TokenText(Encoding.UTF8.GetBytes(piece.Text.Replace(Space, ' ')), piece.Kind is SentencePieceKind.Control or SentencePieceKind.Unknown);

    private double? Cost(ReadOnlySpan<char> left, ReadOnlySpan<char> right) =>
        _pieces.TryGetValue($"{left}{right}", out (int Id, float Score) piece) ? -piece.Score : null;

    private IEnumerable<int> Ids(string piece) =>
        _pieces.TryGetValue(piece, out (int Id, float Score) found) ? [found.Id] : Encoding.UTF8.GetBytes(piece).Select(value => _bytes[value]);
}
