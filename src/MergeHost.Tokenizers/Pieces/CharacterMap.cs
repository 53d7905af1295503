using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace MergeHost.Tokenizers;

/// <summary>SentencePiece's map from characters to others: a trie of what is replaced, over the texts that replace it.</summary>
/// <remarks>As the library tokenizers reads it: letters with their marks are looked for first where they are short, then each
/// character; what is found first counts.</remarks>
internal sealed class CharacterMap
{
    // Longer letters are not looked for as a whole, in bytes.
    private const int MostBytes = 6;

    private readonly uint[] _units;
    private readonly byte[] _texts;

    private CharacterMap(uint[] units, byte[] texts)
    {
        _units = units;
        _texts = texts;
    }

    /// <summary>Reads a map.</summary>
    /// <param name="map">The bytes in base64: the length of the trie, the trie, the texts with a zero behind each.</param>
    /// <exception cref="MergeHostException">MH2013: it is broken.</exception>
    public static CharacterMap Read(string map)
    {
        byte[] bytes = new byte[map.Length];
        if (!Convert.TryFromBase64String(map, bytes, out int length) || length < sizeof(uint)
            || BinaryPrimitives.ReadUInt32LittleEndian(bytes) is var trie && (trie > length - sizeof(uint) || trie % sizeof(uint) != 0))
        {
            throw TokenizerException.Broken("tokenizer.json", "'precompiled_charsmap' is no map of characters");
        }

        uint[] units = [.. MemoryMarshal.Cast<byte, uint>(bytes.AsSpan(sizeof(uint), (int)trie))];
        return new CharacterMap(units, bytes[(sizeof(uint) + (int)trie)..length]);
    }

    /// <summary>A text with what the map replaces.</summary>
    public string Apply(string text)
    {
        StringBuilder result = new(text.Length);
        Span<char> one = stackalloc char[2];
        for (int start = 0; start < text.Length;)
        {
            ReadOnlySpan<char> letter = text.AsSpan(start, StringInfo.GetNextTextElementLength(text, start));
            if (Encoding.UTF8.GetByteCount(letter) < MostBytes && Find(letter) is { } whole)
            {
                result.Append(whole);
            }
            else
            {
                foreach (Rune rune in letter.EnumerateRunes())
                {
                    ReadOnlySpan<char> character = one[..rune.EncodeToUtf16(one)];
                    result.Append(Find(character) ?? character.ToString());
                }
            }

            start += letter.Length;
        }

        return result.ToString();
    }

    private string? Find(ReadOnlySpan<char> letter)
    {
        Span<byte> key = stackalloc byte[Encoding.UTF8.GetMaxByteCount(letter.Length)];
        key = key[..Encoding.UTF8.GetBytes(letter, key)];
        uint node = 0;
        if (!TryStep(ref node, 0, out _))
        {
            return null;
        }

        foreach (byte value in key)
        {
            if (value == 0 || !TryStep(ref node, value, out bool isLeaf))
            {
                return null;
            }

            if (isLeaf)
            {
                return node < _units.Length ? TextAt(_units[node] & 0x7FFF_FFFF) : null;
            }
        }

        return null;
    }

    // A unit holds the byte that leads to it, whether something ends there, and how far its children are.
    private bool TryStep(ref uint node, byte value, out bool isLeaf)
    {
        node ^= value;
        uint unit = node < _units.Length ? _units[node] : uint.MaxValue;
        isLeaf = (unit >> 8 & 1) == 1;
        node ^= unit >> 10 << (int)((unit & (1u << 9)) >> 6);
        return (unit & 0x8000_00FF) == value;
    }

    private string? TextAt(uint place)
    {
        if (place > _texts.Length)
        {
            return null;
        }

        ReadOnlySpan<byte> rest = _texts.AsSpan((int)place);
        int end = rest.IndexOf((byte)0);
        return Encoding.UTF8.GetString(end < 0 ? rest : rest[..end]);
    }
}
