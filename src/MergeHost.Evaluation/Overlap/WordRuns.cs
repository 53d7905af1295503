using System.IO.Hashing;
using System.Runtime.InteropServices;
using System.Text;

namespace MergeHost.Evaluation.Overlap;

/// <summary>A text as words: runs of letters and digits without regard to case; of scripts without blanks each sign is one.</summary>
internal sealed class WordRuns
{
    private readonly string _text;
    private readonly List<ulong> _hashes = [];

    public WordRuns(string text)
    {
        _text = text;
        Split(text, word => _hashes.Add(XxHash3.HashToUInt64(MemoryMarshal.AsBytes(word))));
    }

    /// <summary>How many words there are.</summary>
    public int Count => _hashes.Count;

    /// <summary>The hashes of all runs of so many words, in their order.</summary>
    public IEnumerable<ulong> Hashes(int length)
    {
        for (int first = 0; first + length <= _hashes.Count; first++)
        {
            yield return XxHash3.HashToUInt64(MemoryMarshal.AsBytes(CollectionsMarshal.AsSpan(_hashes).Slice(first, length)), length);
        }
    }

    /// <summary>The words of a run.</summary>
    public string Run(int first, int length)
    {
        List<string> words = [];
        Split(_text, word => words.Add(word.ToString()));
        return string.Join(' ', words.Skip(first).Take(length));
    }

    // A text may be a gigabyte: no word of it is kept.
    private static void Split(string text, Action<ReadOnlySpan<char>> add)
    {
        List<char> word = [];
        Span<char> letters = stackalloc char[2];
        foreach (Rune rune in text.EnumerateRunes())
        {
            bool isSign = IsSign(rune);
            if (isSign || !Rune.IsLetterOrDigit(rune))
            {
                End();
            }

            if (Rune.IsLetterOrDigit(rune))
            {
                word.AddRange(letters[..Rune.ToLowerInvariant(rune).EncodeToUtf16(letters)]);
            }

            if (isSign)
            {
                End();
            }
        }

        End();

        void End()
        {
            if (word.Count > 0)
            {
                add(CollectionsMarshal.AsSpan(word));
                word.Clear();
            }
        }
    }

    // Kana, ideographs, and the scripts of south-east Asia.
    private static bool IsSign(Rune rune) =>
        rune.Value is (>= 0x0E00 and <= 0x0EFF) or (>= 0x1000 and <= 0x109F) or (>= 0x1780 and <= 0x17FF) or (>= 0x3040 and <= 0x30FF)
            or (>= 0x3400 and <= 0x9FFF) or (>= 0xF900 and <= 0xFAFF) or (>= 0x20000 and <= 0x3FFFF);
}
