using System.Collections.Frozen;
using MergeHost.Plugins.Gguf.Blocks;
using MergeHost.Plugins.Gguf.Blocks.IQuants;
using MergeHost.Plugins.Gguf.Blocks.KQuants;
using MergeHost.Plugins.Gguf.Blocks.Legacy;

namespace MergeHost.Plugins.Gguf;

/// <summary>The element types of GGUF, by the numbers that stand for them in files.</summary>
/// <seealso href="https://github.com/ggml-org/ggml/blob/master/docs/gguf.md">The format</seealso>
internal static class GgufType
{
    /// <summary>The numbers from here on were given by a fork of llama.cpp.</summary>
    private const uint FirstForeign = 96;

    private static readonly Dictionary<string, Func<float[], IElementCodec>> _weighted = [];

    // The numbers behind names: what is rounded off of weights that are spread normally, measured without importance matrices.
    private static readonly FrozenDictionary<uint, DType> _byId = new Dictionary<uint, DType>
    {
        [0] = DType.F32,
        [1] = DType.F16,
        [2] = Weighable<Q4_0>(Scaled<Q4_0>("Q4_0", 0.0865)),
        [3] = Weighable<Q4_1>(Encodable<Q4_1>("Q4_1", 0.0785)),
        [6] = Weighable<Q5_0>(Scaled<Q5_0>("Q5_0", 0.043)),
        [7] = Weighable<Q5_1>(Encodable<Q5_1>("Q5_1", 0.038)),
        [8] = Scaled<Q8_0>("Q8_0", 0.0054),
        [9] = Block("Q8_1", 36, 32),
        [10] = Weighable<Q2_K>(Encodable<Q2_K>("Q2_K", 0.298)),
        [11] = Weighable<Q3_K>(Encodable<Q3_K>("Q3_K", 0.151)),
        [12] = Weighable<Q4_K>(Encodable<Q4_K>("Q4_K", 0.0719)),
        [13] = Weighable<Q5_K>(Encodable<Q5_K>("Q5_K", 0.0363)),
        [14] = Weighable<Q6_K>(Encodable<Q6_K>("Q6_K", 0.0178)),
        [15] = Block("Q8_K", 292, 256),
        [16] = Readable<IQ2_XXS>("IQ2_XXS", 0.352),
        [17] = Readable<IQ2_XS>("IQ2_XS", 0.309),
        [18] = Readable<IQ3_XXS>("IQ3_XXS", 0.213),
        [19] = Readable<IQ1_S>("IQ1_S", 0.505),
        [20] = Weighable<IQ4_NL>(Encodable<IQ4_NL>("IQ4_NL", 0.0763)),
        [21] = Readable<IQ3_S>("IQ3_S", 0.167),
        [22] = Readable<IQ2_S>("IQ2_S", 0.265),
        [23] = Weighable<IQ4_XS>(Encodable<IQ4_XS>("IQ4_XS", 0.0769)),
        [24] = DType.I8,
        [25] = DType.I16,
        [26] = DType.I32,
        [27] = DType.I64,
        [28] = DType.F64,
        [29] = Readable<IQ1_M>("IQ1_M", 0.474),
        [30] = DType.BF16,
        [34] = Readable<TQ1_0>("TQ1_0", 0.811),
        [35] = Readable<TQ2_0>("TQ2_0", 0.811),
        [39] = Encodable<MXFP4>("MXFP4", 0.114),
        [40] = Readable<NVFP4>("NVFP4", 0.103),
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

    /// <summary>A type that is rounded to by what the columns of a matrix matter; the type
    /// itself if that makes no difference to it.</summary>
    /// <param name="type">The type.</param>
    /// <param name="importance">One number a column.</param>
    public static DType Weigh(DType type, float[] importance) =>
        _weighted.TryGetValue(type.Name, out Func<float[], IElementCodec>? make) ? type with { Codec = make(importance) } : type;

    /// <summary>The number by which llama.cpp calls a file most of whose weights are of a type, or <see langword="null"/>.</summary>
    public static uint? FileTypeOf(DType type) => type.Name switch
    {
        "F32" => 0,
        "F16" => 1,
        "Q4_0" => 2,
        "Q4_1" => 3,
        "Q8_0" => 7,
        "Q5_0" => 8,
        "Q5_1" => 9,
        "Q2_K" => 10,
        "Q3_K" => 12,
        "Q4_K" => 15,
        "Q5_K" => 17,
        "Q6_K" => 18,
        "IQ2_XXS" => 19,
        "IQ2_XS" => 20,
        "IQ3_XXS" => 23,
        "IQ1_S" => 24,
        "IQ4_NL" => 25,
        "IQ3_S" => 26,
        "IQ2_S" => 28,
        "IQ4_XS" => 30,
        "IQ1_M" => 31,
        "BF16" => 32,
        "TQ1_0" => 36,
        "TQ2_0" => 37,
        "MXFP4" => 38,
        _ => null,
    };

    /// <summary>Why a number stands for no type, in words.</summary>
    public static string DescribeUnknown(uint id) => id switch
    {
        4 or 5 => "was removed from the format in 2023",
        (>= 31 and <= 33) or (>= 36 and <= 38) => "was removed from the format: it was a layout for certain processors",
        >= FirstForeign and < 1000 => "is not of the format; a fork of llama.cpp may have given it",
        _ => "is not of the format",
    };

    private static DType Readable<T>(string name, double noise)
        where T : struct, IBlock => Block(name, T.Bytes, T.Elements) with { Codec = new BlockCodec<T>(), RoundingNoise = noise };

    private static DType Encodable<T>(string name, double noise)
        where T : struct, IEncodableBlock =>
            Block(name, T.Bytes, T.Elements) with { Codec = new EncodableBlockCodec<T>(), RoundingNoise = noise };

    private static DType Scaled<T>(string name, double noise)
        where T : struct, IScaledBlock =>
            Block(name, T.Bytes, T.Elements) with { Codec = new ScaledBlockCodec<T>(), RoundingNoise = noise };

    private static DType Weighable<T>(DType type)
        where T : struct, IWeightedBlock
    {
        _weighted[type.Name] = importance => new WeightedBlockCodec<T>(importance);
        return type;
    }

    private static DType Block(string name, int bytes, int elements) => new(name, DTypeKind.Quantized, bytes, elements);
}
