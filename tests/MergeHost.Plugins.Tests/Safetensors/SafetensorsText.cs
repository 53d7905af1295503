using System.Buffers.Binary;
using System.Text;

namespace MergeHost.Plugins.Tests.Safetensors;

/// <summary>Makes files from the text of a header, right or wrong.</summary>
internal static class SafetensorsText
{
    /// <summary>The record of one F32 tensor of one element, which begins the data.</summary>
    public const string One = """{"dtype":"F32","shape":[1],"data_offsets":[0,4]}""";

    /// <summary>A file whose length says what the header takes.</summary>
    public static byte[] Whole(string header, int dataBytes) => Whole(Encoding.UTF8.GetBytes(header), new byte[dataBytes]);

    /// <inheritdoc cref="Whole(string, int)"/>
    public static byte[] Whole(byte[] header, byte[] data) => [.. Prefix((ulong)header.Length), .. header, .. data];

    /// <summary>A file of one tensor, <c>x</c>.</summary>
    public static byte[] Tensor(string type, string shape, string offsets, int dataBytes) =>
        Whole($$"""{"x":{"dtype":{{type}},"shape":{{shape}},"data_offsets":{{offsets}}} }""", dataBytes);

    /// <summary>A file of one F32 tensor of one element.</summary>
    public static byte[] Named(string name) => Whole($$"""{"{{name}}":{{One}}}""", 4);

    /// <summary>A file whose length is stated apart from what follows it.</summary>
    public static byte[] Stating(ulong lengthBytes, string text) => [.. Prefix(lengthBytes), .. Encoding.UTF8.GetBytes(text)];

    private static byte[] Prefix(ulong lengthBytes)
    {
        byte[] prefix = new byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(prefix, lengthBytes);
        return prefix;
    }
}
