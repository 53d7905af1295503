using System.Runtime.InteropServices;
using MergeHost.Checkpoints;
using MergeHost.Kernels.DTypes;
using MergeHost.Plugins.LanguageModel.Models.Settings;
using TorchSharp;
using static TorchSharp.torch;

namespace MergeHost.Plugins.LanguageModel.Models.Blocks;

/// <summary>Brings a checkpoint's tensors to a device, and knows which have not been asked for.</summary>
/// <param name="checkpoint">Where they are read.</param>
/// <param name="device">Where they go.</param>
/// <param name="type">The type they are converted to.</param>
/// <param name="unneeded">Parts of names of tensors that nobody asks for.</param>
internal sealed class ModelWeights(ICheckpointReader checkpoint, Device device, ScalarType type, IReadOnlyList<string> unneeded)
{
    // A span of bytes holds less than 2 GiB, a tensor may hold more.
    private const int PieceElements = 1 << 24;

    /// <summary>Shown what weights are multiplied with.</summary>
    public InputTap Tap { get; } = new();

    private readonly Dictionary<string, TensorInfo> _left = checkpoint.Tensors.ToDictionary(tensor => tensor.Name);

    /// <summary>Whether the checkpoint has a tensor that was not taken yet.</summary>
    public bool Has(string name) => _left.ContainsKey(name);

    /// <summary>Reads a tensor; the caller disposes it.</summary>
    /// <exception cref="MergeHostException">MH2008, MH2007, MH2010: it is not there, has another
    /// shape, or a type that cannot be read.</exception>
    public Tensor Take(string name, params long[] shape)
    {
        if (!_left.Remove(name, out TensorInfo? tensor))
        {
            throw ModelException.Tensors(ErrorCodes.TensorMissing, $"tensor '{name}' is not there");
        }

        TensorShape expected = TensorShape.Create(shape);
        if (tensor.Shape != expected)
        {
            throw ModelException.Tensors(ErrorCodes.ShapeMismatch,
                $"tensor '{name}': expected shape {expected} as config.json has it, found {tensor.Shape}");
        }

        if (!DTypeConversion.CanDecode(tensor.DType))
        {
            throw ModelException.Tensors(ErrorCodes.DTypeUnusable,
                $"tensor '{name}': elements of type {tensor.DType} cannot be computed with");
        }

        return Read(tensor).view(shape);
    }

    /// <summary>Reads a tensor that may be missing.</summary>
    public Tensor? TryTake(string name, params long[] shape) => Has(name) ? Take(name, shape) : null;

    /// <summary>Makes sure that nothing of the checkpoint was overlooked.</summary>
    /// <exception cref="MergeHostException">MH6003: a tensor was not asked for.</exception>
    public void ThrowIfLeft()
    {
        // Old checkpoints hold the frequencies, which follow from config.json.
        if (_left.Keys.FirstOrDefault(name => !name.EndsWith(".rotary_emb.inv_freq", StringComparison.Ordinal)
            && !unneeded.Any(part => name.Contains(part, StringComparison.Ordinal))) is { } name)
        {
            throw ModelException.Tensors(ErrorCodes.CheckpointNotRunnable, $"tensor '{name}' has no place in this architecture");
        }
    }

    private Tensor Read(TensorInfo tensor)
    {
        Tensor result = empty(tensor.ElementCount, type, device);
        for (long first = 0; first < tensor.ElementCount; first += PieceElements)
        {
            int count = (int)Math.Min(PieceElements, tensor.ElementCount - first);
            using DisposeScope scope = NewDisposeScope();
            result.narrow(0, first, count).copy_(ReadPiece(tensor, first, count));
        }

        return result;
    }

    private Tensor ReadPiece(TensorInfo tensor, long first, int count)
    {
        ScalarType? same = tensor.DType == DType.BF16
            ? bfloat16
            : tensor.DType == DType.F16 ? float16 : tensor.DType == DType.F32 ? float32 : null;
        Tensor piece = empty(count, same ?? float32);
        if (same is not null)
        {
            checkpoint.Read(tensor, first, piece.bytes);
            return piece;
        }

        byte[] stored = new byte[tensor.DType.LengthBytes(count)];
        checkpoint.Read(tensor, first, stored);
        DTypeConversion.ToSingle(tensor.DType, stored, MemoryMarshal.Cast<byte, float>(piece.bytes));
        return piece;
    }
}
