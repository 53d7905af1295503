using System.Text;

namespace MergeHost.Tokenizers;

/// <summary>The letters by which vocabularies of byte-level BPE write bytes: printable ones stand for
/// themselves, others come after U+0100.</summary>
internal static class ByteLetters
{
    private static readonly char[] _letters = Make();

    /// <summary>A text with a letter for each byte of its UTF-8.</summary>
    public static string Encode(string text) => string.Concat(Encoding.UTF8.GetBytes(text).Select(value => _letters[value]));

    /// <summary>The bytes that letters stand for.</summary>
    public static byte[] Decode(string letters) => [.. letters.Select(letter => (byte)Array.IndexOf(_letters, letter))];

    private static char[] Make()
    {
        char[] letters = new char[256];
        int next = 0x100;
        for (int value = 0; value < letters.Length; value++)
        {
            bool isPrintable = value is (>= '!' and <= '~') or (>= 0xA1 and <= 0xAC) or (>= 0xAE and <= 0xFF);
            letters[value] = isPrintable ? (char)value : (char)next++;
        }

        return letters;
    }
}
