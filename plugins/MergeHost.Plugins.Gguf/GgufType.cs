using System.Collections.Frozen;

namespace MergeHost.Plugins.Gguf;

/// <summary>The element types of GGUF, by the numbers that stand for them in files.</summary>
/// <seealso href="https://github.com/ggml-org/ggml/blob/master/docs/gguf.md">The format</seealso>
internal static class GgufType
{
    /// <summary>The numbers from here on were given by a fork of llama.cpp.</summary>
    private const uint FirstForeign = 96;

    private static readonly FrozenDictionary<uint, DType> _byId = new Dictionary<uint, DType>
    {
        [0] = DType.F32,
        [1] = DType.F16,
        [2] = Block("Q4_0", 18, 32),
        [3] = Block("Q4_1", 20, 32),
        [6] = Block("Q5_0", 22, 32),
        [7] = Block("Q5_1", 24, 32),
        [8] = Block("Q8_0", 34, 32),
        [9] = Block("Q8_1", 36, 32),
        [10] = Block("Q2_K", 84, 256),
        [11] = Block("Q3_K", 110, 256),
        [12] = Block("Q4_K", 144, 256),
        [13] = Block("Q5_K", 176, 256),
        [14] = Block("Q6_K", 210, 256),
        [15] = Block("Q8_K", 292, 256),
        [16] = Block("IQ2_XXS", 66, 256),
        [17] = Block("IQ2_XS", 74, 256),
        [18] = Block("IQ3_XXS", 98, 256),
        [19] = Block("IQ1_S", 50, 256),
        [20] = Block("IQ4_NL", 18, 32),
        [21] = Block("IQ3_S", 110, 256),
        [22] = Block("IQ2_S", 82, 256),
        [23] = Block("IQ4_XS", 136, 256),
        [24] = DType.I8,
        [25] = DType.I16,
        [26] = DType.I32,
        [27] = DType.I64,
        [28] = DType.F64,
        [29] = Block("IQ1_M", 56, 256),
        [30] = DType.BF16,
        [34] = Block("TQ1_0", 54, 256),
        [35] = Block("TQ2_0", 66, 256),
        [39] = Block("MXFP4", 17, 32),
        [40] = Block("NVFP4", 36, 64),
        [41] = Block("Q1_0", 18, 128),
        [42] = Block("Q2_0", 18, 64),
    }.ToFrozenDictionary();

    private static readonly FrozenDictionary<DType, uint> _idOf = _byId.ToFrozenDictionary(entry => entry.Value, entry => entry.Key);

    /// <summary>Every type there is, in the order of their numbers.</summary>
    public static IReadOnlyList<DType> All { get; } = [.. _byId.OrderBy(entry => entry.Key).Select(entry => entry.Value)];

    /// <summary>The type of a number, or <see langword="null"/>.</summary>
    public static DType? Find(uint id) => _byId.GetValueOrDefault(id);

    /// <summary>The number of a type, or <see langword="null"/> if files cannot hold it.</summary>
    public static uint? IdOf(DType type) => _idOf.TryGetValue(type, out uint id) ? id : null;

    /// <summary>Why a number stands for no type, in words.</summary>
    public static string DescribeUnknown(uint id) => id switch
    {
        4 or 5 => "was removed from the format in 2023",
        (>= 31 and <= 33) or (>= 36 and <= 38) => "was removed from the format: it was a layout for certain processors",
        >= FirstForeign and < 1000 => "is not of the format; a fork of llama.cpp may have given it",
        _ => "is not of the format",
    };

    private static DType Block(string name, int bytes, int elements) => new(name, DTypeKind.Quantized, bytes, elements);
}
