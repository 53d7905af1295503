using System.Text;

namespace MergeHost.Tokenizers;

/// <summary>Turns text into the token ids that a model was trained on, and back.</summary>
/// <param name="encode">The ids of a text alone, without BOS and EOS.</param>
/// <param name="find">What an id stands for; <see langword="null"/> for nothing.</param>
/// <param name="addsPrefix">Whether a space is put in front of every text.</param>
/// <param name="beginId">The id of BOS, or <see langword="null"/> if the model's texts do not begin with it.</param>
public sealed class TextTokenizer(Func<string, IReadOnlyList<int>> encode, Func<int, TokenText?> find, bool addsPrefix, int? beginId)
{
    /// <summary>The id that every text begins with, or <see langword="null"/> if there is none.</summary>
    public int? BeginId => beginId;

    /// <summary>The ids of a text alone, without BOS and EOS.</summary>
    public IReadOnlyList<int> Encode(string text) => text.Length == 0 ? [] : encode(text);

    /// <summary>The ids of a text as a model reads it from its beginning: with BOS if its texts begin so.</summary>
    public IReadOnlyList<int> EncodeWhole(string text) => beginId is { } begin ? [begin, .. Encode(text)] : Encode(text);

    /// <summary>The text of ids as <see cref="Decode"/> has it, without the space that the tokenizer puts in front of every text.</summary>
    public string DecodeWhole(IEnumerable<int> ids) => WithoutPrefix(Decode(ids));

    /// <summary>A text without the space that the tokenizer puts in front of every text.</summary>
    public string WithoutPrefix(string text) => addsPrefix && text.StartsWith(' ') ? text[1..] : text;

    /// <summary>The text of ids without control tokens; bytes that are no UTF-8 become U+FFFD. A space in front is kept.</summary>
    public string Decode(IEnumerable<int> ids) =>
        Encoding.UTF8.GetString([.. ids.Select(find).OfType<TokenText>().Where(text => !text.IsControl).SelectMany(text => text.Bytes)]);

    /// <summary>A name for a token: its text, or its bytes as <c>bytes:\xE3</c> where they are a part of a letter.</summary>
    public string Name(int id)
    {
        byte[] bytes = find(id)?.Bytes ?? [];
        string text = Encoding.UTF8.GetString(bytes);
        return text.Contains('\uFFFD', StringComparison.Ordinal) ? "bytes:" + string.Concat(bytes.Select(value => $"\\x{value:x2}")) : text;
    }
}

/// <summary>What a token stands for.</summary>
/// <param name="Bytes">Its text in UTF-8, or a part of one.</param>
/// <param name="IsControl">Whether it steers the model, such as BOS, and is no part of a text.</param>
public sealed record TokenText(byte[] Bytes, bool IsControl);
