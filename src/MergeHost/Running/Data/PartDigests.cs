using System.Collections.Concurrent;
using MergeHost.Checkpoints;

namespace MergeHost.Running.Data;

/// <summary>Hashes what passes to a format's writer by units, so that parts of packed tensors need not be read back for it.</summary>
/// <remarks>What is not written in whole units is read back when the digest is asked for.</remarks>
internal sealed class PartDigests(ICheckpointWriter inner) : ICheckpointWriter
{
    private readonly ConcurrentDictionary<string, TensorDigest> _digests = [];

    public IReadOnlyList<string> Files => inner.Files;

    public void Write(TensorInfo tensor, long firstElement, ReadOnlySpan<byte> data)
    {
        TensorDigest digest = _digests.GetOrAdd(tensor.Name, static (_, written) => new TensorDigest(written.ElementCount), tensor);
        long end = firstElement + (data.Length / tensor.DType.BlockBytes * tensor.DType.BlockElements);
        long unit = (firstElement + TensorDigest.UnitElements - 1) / TensorDigest.UnitElements;
        for (; unit * TensorDigest.UnitElements < end; unit++)
        {
            long first = unit * TensorDigest.UnitElements;
            long last = Math.Min(first + TensorDigest.UnitElements, tensor.ElementCount);
            if (last <= end)
            {
                digest.Add((int)unit,
                    data.Slice((int)tensor.DType.LengthBytes(first - firstElement), (int)tensor.DType.LengthBytes(last - first)));
            }
        }

        inner.Write(tensor, firstElement, data);
    }

    public void Read(TensorInfo tensor, long firstElement, Span<byte> destination) => inner.Read(tensor, firstElement, destination);

    public void Complete() => inner.Complete();

    /// <summary>The digest of a tensor all of which was written.</summary>
    public string Of(TensorInfo tensor)
    {
        TensorDigest digest = _digests.TryRemove(tensor.Name, out TensorDigest? found) ? found : new TensorDigest(tensor.ElementCount);
        for (int unit = 0; unit < TensorDigest.UnitsOf(tensor.ElementCount); unit++)
        {
            if (!digest.Has(unit))
            {
                long first = (long)unit * TensorDigest.UnitElements;
                byte[] bytes = new byte[tensor.DType.LengthBytes(Math.Min(TensorDigest.UnitElements, tensor.ElementCount - first))];
                inner.Read(tensor, first, bytes);
                digest.Add(unit, bytes);
            }
        }

        return digest.ToString();
    }

    public void Dispose() => inner.Dispose();
}
