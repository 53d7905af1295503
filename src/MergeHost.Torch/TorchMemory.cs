using TorchSharp;

namespace MergeHost.Torch;

/// <summary>Copies between the host's memory and tensors.</summary>
internal static unsafe class TorchMemory
{
    // A span of bytes holds less than 2 GiB, a tensor may hold more.
    private const long PieceElements = 1 << 27;

    /// <summary>Makes a tensor of one extent from memory, which may be gone afterwards.</summary>
    public static torch.Tensor Read(void* data, long count, torch.ScalarType type, torch.Device device)
    {
        torch.Tensor tensor = torch.empty(count, type);
        byte* source = (byte*)data;
        foreach (torch.Tensor piece in Pieces(tensor))
        {
            Span<byte> bytes = piece.bytes;
            new Span<byte>(source, bytes.Length).CopyTo(bytes);
            source += bytes.Length;
        }

        return tensor.to(device);
    }

    /// <summary>Writes a tensor's elements to memory, whatever its shape and device.</summary>
    public static void Write(torch.Tensor tensor, void* data)
    {
        byte* destination = (byte*)data;
        foreach (torch.Tensor piece in Pieces(tensor.cpu().contiguous().view(-1)))
        {
            Span<byte> bytes = piece.bytes;
            bytes.CopyTo(new Span<byte>(destination, bytes.Length));
            destination += bytes.Length;
        }
    }

    private static IEnumerable<torch.Tensor> Pieces(torch.Tensor tensor)
    {
        long count = tensor.numel();
        for (long first = 0; first < count; first += PieceElements)
        {
            yield return tensor.narrow(0, first, long.Min(PieceElements, count - first));
        }
    }
}
