namespace MergeHost.Plugins.Gguf.Reading;

/// <summary>The types of metadata values, by the numbers that stand for them in files.</summary>
internal enum MetadataType : uint
{
    UInt8 = 0,
    Int8 = 1,
    UInt16 = 2,
    Int16 = 3,
    UInt32 = 4,
    Int32 = 5,
    Float32 = 6,
    Bool = 7,
    String = 8,
    Array = 9,
    UInt64 = 10,
    Int64 = 11,
    Float64 = 12,
}

internal static class MetadataTypes
{
    /// <summary>Bytes of one value; for strings and arrays, the fewest that one takes.</summary>
    public static int LeastBytes(this MetadataType type) => type switch
    {
        MetadataType.UInt8 or MetadataType.Int8 or MetadataType.Bool => 1,
        MetadataType.UInt16 or MetadataType.Int16 => 2,
        MetadataType.UInt32 or MetadataType.Int32 or MetadataType.Float32 => 4,
        MetadataType.UInt64 or MetadataType.Int64 or MetadataType.Float64 or MetadataType.String => 8,
        _ => 12,
    };
}
