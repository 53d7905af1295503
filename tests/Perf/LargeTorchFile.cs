using System.Buffers.Binary;
using System.Text;
using System.Text.Json;

namespace MergeHost.Perf;

/// <summary>Writes what a safetensors file holds once more, as <c>torch.save</c> would: an archive of stored, aligned entries.</summary>
internal static class LargeTorchFile
{
    private const int Alignment = 64;

    /// <summary>Writes <c>pytorch_model.bin</c> unless it is there.</summary>
    /// <param name="safetensors">The file that is copied; its tensors are BF16.</param>
    /// <param name="folder">Where.</param>
    public static void Write(string safetensors, string folder)
    {
        string path = Path.Combine(folder, "pytorch_model.bin");
        if (File.Exists(path))
        {
            return;
        }

        Directory.CreateDirectory(folder);
        File.Copy(Path.Combine(Path.GetDirectoryName(safetensors)!, "config.json"), Path.Combine(folder, "config.json"), overwrite: true);
        using FileStream source = File.OpenRead(safetensors);
        byte[] prefix = new byte[8];
        source.ReadExactly(prefix);
        byte[] header = new byte[BitConverter.ToInt64(prefix)];
        source.ReadExactly(header);
        (string Name, long[] Shape, long Begin, long End)[] tensors = [.. JsonDocument.Parse(header).RootElement.EnumerateObject()
            .Where(field => field.Name != "__metadata__")
            .Select(field => (field.Name, Shape: Longs(field, "shape"), Offsets: Longs(field, "data_offsets")))
            .Select(tensor => (tensor.Name, tensor.Shape, tensor.Offsets[0], tensor.Offsets[1]))];
        using FileStream file = File.Create(path + ".partial");
        List<byte> directory = [];
        byte[] pickle = Pickle([.. tensors.Select(tensor => (tensor.Name, tensor.Shape))]);
        AddEntry(file, directory, "archive/data.pkl", new MemoryStream(pickle), null);
        AddEntry(file, directory, "archive/version", new MemoryStream("3\n"u8.ToArray()), null);
        foreach ((int key, (_, _, long begin, long end)) in tensors.Index())
        {
            source.Position = prefix.Length + header.Length + begin;
            AddEntry(file, directory, $"archive/data/{key}", source, end - begin);
        }

        long start = file.Position;
        file.Write([.. directory]);
        byte[] count = U16(tensors.Length + 2);
        file.Write([.. "PK\x05\x06"u8, 0, 0, 0, 0, .. count, .. count, .. U32(directory.Count), .. U32(start), 0, 0]);
        file.Close();
        File.Move(path + ".partial", path);
    }

    private static long[] Longs(JsonProperty tensor, string field) =>
        [.. tensor.Value.GetProperty(field).EnumerateArray().Select(item => item.GetInt64())];

    // Checksums of 0 stand for "not computed".
    private static void AddEntry(FileStream file, List<byte> directory, string name, Stream content, long? length)
    {
        long bytes = length ?? content.Length;
        long start = file.Position;
        int padding = (int)((Alignment - ((start + 30 + name.Length + 4) % Alignment)) % Alignment);
        byte[] shared = [20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, .. U32(bytes), .. U32(bytes), .. U16(name.Length)];
        byte[] ascii = Encoding.ASCII.GetBytes(name);
        file.Write([.. "PK\x03\x04"u8, .. shared, .. U16(4 + padding), .. ascii, .. "FB"u8, .. U16(padding), .. new byte[padding]]);
        directory.AddRange([.. "PK\x01\x02"u8, 20, 0, .. shared, .. new byte[12], .. U32(start), .. ascii]);
        byte[] block = new byte[1 << 20];
        while (bytes > 0)
        {
            int read = content.Read(block, 0, (int)Math.Min(block.Length, bytes));
            file.Write(block, 0, read);
            bytes -= read;
        }
    }

    private static byte[] Pickle((string Name, long[] Shape)[] tensors)
    {
        List<byte> pickle = [0x80, 2, (byte)'}', (byte)'('];
        foreach ((int key, (string name, long[] shape)) in tensors.Index())
        {
            long elements = shape.Aggregate(1L, (product, extent) => product * extent);
            long[] strides = [.. shape.Select((_, i) => shape[(i + 1)..].Aggregate(1L, (product, extent) => product * extent))];
            pickle.AddRange([.. Text(name), .. Global("torch._utils", "_rebuild_tensor_v2"), (byte)'(', (byte)'(', .. Text("storage")]);
            pickle.AddRange([.. Global("torch", "BFloat16Storage"), .. Text($"{key}"), .. Text("cpu"), .. Number(elements)]);
            pickle.AddRange("tQ"u8);
            pickle.AddRange([.. Number(0), .. Tuple(shape), .. Tuple(strides), 0x89]);
            pickle.AddRange([.. Global("collections", "OrderedDict"), (byte)')', (byte)'R', (byte)'t', (byte)'R']);
        }

        return [.. pickle, (byte)'u', (byte)'.'];
    }

    private static byte[] Text(string text) => [(byte)'X', .. U32(text.Length), .. Encoding.ASCII.GetBytes(text)];

    private static byte[] Global(string module, string name) => [(byte)'c', .. Encoding.ASCII.GetBytes($"{module}\n{name}\n")];

    private static byte[] Number(long number) => [0x8A, 8, .. BitConverter.GetBytes(number)];

    private static byte[] Tuple(long[] numbers) => [(byte)'(', .. numbers.SelectMany(Number), (byte)'t'];

    private static byte[] U16(int number) => BitConverter.GetBytes(checked((ushort)number));

    private static byte[] U32(long number)
    {
        byte[] bytes = new byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, checked((uint)number));
        return bytes;
    }
}
