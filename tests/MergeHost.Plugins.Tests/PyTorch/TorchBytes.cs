using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace MergeHost.Plugins.Tests.PyTorch;

/// <summary>A file of PyTorch that a test makes up, opcode by opcode.</summary>
internal sealed class TorchBytes
{
    private readonly List<byte> _pickle = [0x80, 2];

    /// <summary>Appends opcodes with their arguments.</summary>
    public TorchBytes Op(params ReadOnlySpan<byte> bytes)
    {
        _pickle.AddRange(bytes);
        return this;
    }

    public TorchBytes Many(int count, params ReadOnlySpan<byte> bytes)
    {
        for (int i = 0; i < count; i++)
        {
            _pickle.AddRange(bytes);
        }

        return this;
    }

    public TorchBytes Text(string text)
    {
        byte[] utf8 = Encoding.UTF8.GetBytes(text);
        byte[] length = new byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(length, utf8.Length);
        return Op((byte)'X').Op(length).Op(utf8);
    }

    public TorchBytes Global(string module, string name) => Op([(byte)'c', .. Encoding.UTF8.GetBytes($"{module}\n{name}\n")]);

    public TorchBytes Number(long number)
    {
        byte[] bytes = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, number);
        return Op(0x8A, 8).Op(bytes);
    }

    /// <summary>Four numbers of storage '0', as PyTorch writes a tensor.</summary>
    public TorchBytes Tensor(string type = "FloatStorage", long elements = 4, long offset = 0, long size = 4, long stride = 1) =>
        Tensor(type, elements, offset, [size], [stride]);

    /// <summary>A view of a storage of numbers in float32.</summary>
    public TorchBytes Tensor(long elements, long[] sizes, long[] strides) => Tensor("FloatStorage", elements, 0, sizes, strides);

    private TorchBytes Tensor(string type, long elements, long offset, long[] sizes, long[] strides) =>
        Global("torch._utils", "_rebuild_tensor_v2").Op((byte)'(', (byte)'(').Text("storage").Global("torch", type).Text("0").Text("cpu")
            .Number(elements).Op((byte)'t', (byte)'Q').Number(offset).Tuple(sizes).Tuple(strides).Op(0x89)
            .Global("collections", "OrderedDict").Op((byte)')', (byte)'R', (byte)'t', (byte)'R');

    private TorchBytes Tuple(long[] numbers)
    {
        Op((byte)'(');
        Array.ForEach(numbers, number => Number(number));
        return Op((byte)'t');
    }

    /// <summary>A dict with one tensor.</summary>
    public static TorchBytes Dict(string name = "w") => new TorchBytes().Op((byte)'}').Text(name).Tensor().Op((byte)'s');

    /// <summary>The pickle, with its end.</summary>
    public byte[] ToPickle() => [.. _pickle, (byte)'.'];

    /// <summary>The archive, with a storage of 16 bytes.</summary>
    public byte[] ToArchive() => Archive(
        ("archive/data.pkl", ToPickle()),
        ("archive/data/0", [.. Enumerable.Range(0, 16).Select(number => (byte)number)]),
        ("archive/version", "3\n"u8.ToArray()));

    /// <summary>An archive of stored entries.</summary>
    public static byte[] Archive(params IEnumerable<(string Name, byte[] Content)> entries) =>
        Archive(CompressionLevel.NoCompression, entries);

    /// <summary>An archive of entries that are compressed or not.</summary>
    public static byte[] Archive(CompressionLevel level, params IEnumerable<(string Name, byte[] Content)> entries)
    {
        using MemoryStream stream = new();
        using (ZipArchive archive = new(stream, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach ((string name, byte[] content) in entries)
            {
                using Stream entry = archive.CreateEntry(name, level).Open();
                entry.Write(content);
            }
        }

        return stream.ToArray();
    }
}
