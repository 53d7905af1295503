using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace MergeHost.Tests.Golden;

/// <summary>The tensors of a safetensors file, read without the plugin that is under test.</summary>
internal static class SafetensorsFile
{
    public static SortedDictionary<string, StoredTensor> Read(string path)
    {
        byte[] file = File.ReadAllBytes(path);
        int headerBytes = (int)BinaryPrimitives.ReadInt64LittleEndian(file);
        using JsonDocument header = JsonDocument.Parse(file.AsMemory(8, headerBytes));
        SortedDictionary<string, StoredTensor> tensors = new(StringComparer.Ordinal);
        foreach (JsonProperty entry in header.RootElement.EnumerateObject().Where(entry => entry.Name != "__metadata__"))
        {
            int[] offsets = [.. entry.Value.GetProperty("data_offsets").EnumerateArray().Select(offset => offset.GetInt32())];
            tensors.Add(entry.Name, new StoredTensor(
                entry.Value.GetProperty("dtype").GetString()!,
                [.. entry.Value.GetProperty("shape").EnumerateArray().Select(extent => extent.GetInt64())],
                file[(8 + headerBytes + offsets[0])..(8 + headerBytes + offsets[1])]));
        }

        return tensors;
    }
}

/// <summary>A tensor as a file holds it.</summary>
internal sealed record StoredTensor(string DType, TensorShape Shape, byte[] Bytes)
{
    /// <summary>The elements; F32, BF16 and F16 can be read.</summary>
    public float[] Values => DType switch
    {
        "F32" => MemoryMarshal.Cast<byte, float>(Bytes).ToArray(),
        "BF16" => [.. Bits.Select(bits => BitConverter.UInt32BitsToSingle((uint)bits << 16))],
        "F16" => [.. Bits.Select(bits => (float)BitConverter.UInt16BitsToHalf(bits))],
        _ => throw new NotSupportedException(DType),
    };

    /// <summary>The elements of 16 bits, put in the order of their values: neighbours are one unit in the last place apart.</summary>
    public int[] Ordered => [.. Bits.Select(bits => (bits & 0x8000) == 0 ? bits : 0x8000 - bits)];

    private ushort[] Bits => MemoryMarshal.Cast<byte, ushort>(Bytes).ToArray();
}
