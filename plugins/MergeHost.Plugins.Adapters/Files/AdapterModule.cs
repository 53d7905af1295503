using System.Buffers;
using System.Runtime.InteropServices;
using MergeHost.Algebra;
using MergeHost.Checkpoints;
using MergeHost.Kernels.DTypes;

namespace MergeHost.Plugins.Adapters.Files;

/// <summary>The tensors that an adapter has for a module.</summary>
/// <param name="adapter">The adapter.</param>
/// <param name="name">The module; empty for what all modules share.</param>
/// <param name="depth">How many further adapters of the same module it lies under.</param>
internal sealed class AdapterModule(AdapterFile adapter, string name, int depth)
{
    private readonly Dictionary<string, TensorInfo> _parts = [];
    private readonly HashSet<string> _used = [];

    public string Name => name;

    public int Depth => depth;

    /// <summary>What the module has, by the parts' names.</summary>
    public IReadOnlyDictionary<string, TensorInfo> Parts => _parts;

    /// <summary>The tensors that nothing has asked for.</summary>
    public IEnumerable<TensorInfo> Unused => _parts.Where(part => !_used.Contains(part.Key)).Select(part => part.Value);

    /// <summary>Takes a tensor in.</summary>
    /// <exception cref="CheckpointException">There is one already.</exception>
    public void Add(string part, TensorInfo tensor)
    {
        if (!_parts.TryAdd(part, tensor))
        {
            throw adapter.Wrong(tensor, $"'{_parts[part].Name}' is the same part of the same module");
        }
    }

    public bool Has(string part) => _parts.ContainsKey(part);

    /// <summary>Counts a tensor as used.</summary>
    /// <exception cref="CheckpointException">The module has none.</exception>
    public TensorInfo Take(string part)
    {
        _used.Add(part);
        return _parts.TryGetValue(part, out TensorInfo? tensor) ? tensor : throw Missing(part);
    }

    /// <summary>Reads a tensor as a matrix: all extents but the first are one row; a vector is a column.</summary>
    public Matrix<float> Matrix(string part)
    {
        TensorInfo tensor = Take(part);
        (int rows, int columns) = Extents(tensor);
        return new Matrix<float>(rows, columns, Read(tensor));
    }

    /// <summary>A tensor as <see cref="Matrix"/> reads it, but later and as often as it is
    /// asked for; its numbers are checked now.</summary>
    public StoredMatrix Stored(string part)
    {
        TensorInfo tensor = Take(part);
        (int rows, int columns) = Extents(tensor);
        float[] rented = ArrayPool<float>.Shared.Rent(rows * columns);
        Span<float> values = rented.AsSpan(0, rows * columns);
        Read(tensor, values);
        bool isZero = !values.ContainsAnyExcept(0f);
        ArrayPool<float>.Shared.Return(rented);
        return new StoredMatrix(rows, columns, isZero, () => new Matrix<float>(rows, columns, Read(tensor)));
    }

    /// <summary>Reads a tensor.</summary>
    public float[] Vector(string part) => Read(Take(part));

    /// <summary>Reads whole numbers.</summary>
    public int[] Indices(string part)
    {
        TensorInfo tensor = Take(part);
        byte[] stored = new byte[tensor.LengthBytes];
        adapter.Reader.Read(tensor, 0, stored);
        return tensor.DType.Name switch
        {
            "I32" => [.. MemoryMarshal.Cast<byte, int>(stored)],
            "I64" => [.. MemoryMarshal.Cast<byte, long>(stored).ToArray()
                .Select(index => (int)Math.Clamp(index, int.MinValue, int.MaxValue))],
            _ => [.. Read(tensor).Select(index => (int)index)],
        };
    }

    /// <summary>A tensor's numbers where they lie.</summary>
    public TensorSource Source(string part, TensorSource? replaced = null) => new(adapter.Reader, Take(part), replaced);

    /// <summary>An error in a part of the module.</summary>
    public CheckpointException Wrong(string part, string reason, string? hint = null) => adapter.Wrong(_parts[part], reason, hint);

    private static (int Rows, int Columns) Extents(TensorInfo tensor)
    {
        int rows = tensor.Shape.Rank == 0 ? 1 : checked((int)tensor.Shape[0]);
        return (rows, rows == 0 ? 0 : checked((int)(tensor.ElementCount / rows)));
    }

    private CheckpointException Missing(string part) => new(new Problem(ErrorCodes.TensorMissing,
        $"{adapter.Name}: module '{name}' has no '{part}', "
            + $"only {string.Join(", ", _parts.Keys.Select(found => $"'{found.TrimStart(AdapterKey.Replaces)}'"))}",
        "Download the adapter again, or save it again with PEFT."));

    private float[] Read(TensorInfo tensor)
    {
        float[] values = new float[tensor.ElementCount];
        Read(tensor, values);
        return values;
    }

    private void Read(TensorInfo tensor, Span<float> values)
    {
        if (!DTypeConversion.CanDecode(tensor.DType))
        {
            throw adapter.Wrong(tensor, $"{tensor.DType} cannot be read as numbers");
        }

        adapter.Reader.ReadSingle(tensor, 0, values);
        if (NonFiniteCount.Of(DType.F32, MemoryMarshal.AsBytes(values)) == 0)
        {
            return;
        }

        int odd = 0;
        while (float.IsFinite(values[odd]))
        {
            odd++;
        }

        throw new CheckpointException(new Problem(ErrorCodes.NonFinite,
            $"{adapter.Name}: tensor '{CheckpointException.Printable(tensor.Name)}' "
                + $"holds {(float.IsNaN(values[odd]) ? "NaN" : "an infinity")} at element {odd}",
            "Train the adapter again, or take an earlier state of it."));
    }
}
