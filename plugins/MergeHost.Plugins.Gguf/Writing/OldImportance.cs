using System.Runtime.InteropServices;
using MergeHost.Checkpoints;
using MergeHost.Plugins.Gguf.Reading;
using static System.FormattableString;

namespace MergeHost.Plugins.Gguf.Writing;

/// <summary>Importance matrices as <c>llama-imatrix</c> wrote them before GGUF, often named <c>*.dat</c>.</summary>
/// <remarks>
/// All little-endian: the number of weights; of each weight its name, the number of calls, the number of columns and their sums of squares
/// in float32. Later versions add the number of calls of all and the name of the text. Numbers and lengths take four bytes.
/// </remarks>
internal static class OldImportance
{
    private const int MostNameBytes = 4096;

    // Of a weight: the length of a name, the name, calls, columns and a sum.
    private const int LeastWeightBytes = 17;

    /// <summary>Reads the weights of a file.</summary>
    /// <returns><see langword="null"/> if it does not begin like one.</returns>
    /// <exception cref="CheckpointException">It breaks the format's rules.</exception>
    public static Dictionary<string, Importance>? Read(HeaderSource file)
    {
        HeaderCursor cursor = new(file);
        uint count = cursor.Remaining < sizeof(uint) ? 0 : cursor.ReadUInt32();
        if (count == 0 || count > cursor.Remaining / LeastWeightBytes)
        {
            return null;
        }

        Dictionary<string, Importance> byWeight = new(StringComparer.Ordinal);
        for (uint index = 0; index < count; index++)
        {
            string name = cursor.ReadShortString(MostNameBytes, "a weight's name");
            int calls = (int)cursor.ReadUInt32();
            uint columns = cursor.ReadUInt32();
            if (columns == 0 || columns > cursor.Remaining / sizeof(float) || columns > Array.MaxLength / sizeof(float))
            {
                throw CheckpointException.BadTensor(file.Path, name,
                    Invariant($"has {columns:N0} columns, {cursor.Remaining:N0} bytes follow"));
            }

            float[] sums = new float[columns];
            cursor.Read(MemoryMarshal.AsBytes(sums.AsSpan()));
            Importance importance = Importance.OfCalls(sums, calls)
                ?? throw CheckpointException.BadTensor(file.Path, name, "holds sums of squares that are not numbers from 0 up");
            if (!byWeight.TryAdd(name, importance))
            {
                throw CheckpointException.BadTensor(file.Path, name, "stands twice in the file");
            }
        }

        SkipEnd(file, cursor);
        return byWeight;
    }

    private static void SkipEnd(HeaderSource file, HeaderCursor cursor)
    {
        if (cursor.Remaining > 0)
        {
            cursor.Skip(sizeof(uint));
        }

        if (cursor.Remaining > 0)
        {
            cursor.Skip(cursor.ReadUInt32());
        }

        if (cursor.Remaining > 0)
        {
            throw CheckpointException.BadHeader(file.Path, Invariant($"{cursor.Remaining:N0} bytes follow after the importance matrix"));
        }
    }
}
