using System.Text;

namespace MergeHost.Tokenizers;

/// <summary>SentencePiece's BPE with a fallback to bytes.</summary>
internal sealed class BpePieces
{
    /// <summary>The ids of pieces that are merged of others.</summary>
    public required IReadOnlyDictionary<string, int> Pieces { get; init; }

    /// <summary>What it costs to merge two pieces.</summary>
    public required MergeCost Cost { get; init; }

    /// <summary>The ids of bytes; fewer than 256 for none.</summary>
    public required IReadOnlyList<int> Bytes { get; init; }

    /// <summary>The id of what is neither a piece nor bytes.</summary>
    public int? UnknownId { get; init; }

    /// <summary>Whether a part that is a piece is taken as such, whatever merges would make of it.</summary>
    public bool TakesWholePieces { get; init; }

    /// <summary>Cuts a part into pieces.</summary>
    public void Cut(string escaped, List<int> ids)
    {
        if (TakesWholePieces && Pieces.TryGetValue(escaped, out int whole))
        {
            ids.Add(whole);
            return;
        }

        List<int> starts = new(escaped.Length);
        int start = 0;
        foreach (Rune rune in escaped.EnumerateRunes())
        {
            starts.Add(start);
            start += rune.Utf16SequenceLength;
        }

        bool wasUnknown = false;
        foreach (string piece in PieceMerger.Merge(escaped, starts, Cost))
        {
            bool isUnknown = !Pieces.TryGetValue(piece, out int id) && Bytes.Count < 256;
            if (isUnknown)
            {
                // Neighbours that are unknown are one.
                ids.AddRange(wasUnknown || UnknownId is null ? [] : [UnknownId.Value]);
            }
            else if (Pieces.ContainsKey(piece))
            {
                ids.Add(id);
            }
            else
            {
                ids.AddRange(Encoding.UTF8.GetBytes(piece).Select(value => Bytes[value]));
            }

            wasUnknown = isUnknown;
        }
    }
}
