using System.Runtime.Intrinsics;

namespace MergeHost.Kernels.Vectors;

/// <summary>How many numbers the processor works on side by side. Every width gives the same bits.</summary>
public enum LaneWidth
{
    /// <summary>One number at a time.</summary>
    Scalar = 1,

    /// <summary>4 numbers: SSE, NEON.</summary>
    Bits128 = 4,

    /// <summary>8 numbers: AVX2.</summary>
    Bits256 = 8,

    /// <summary>16 numbers: AVX-512.</summary>
    Bits512 = 16,
}

/// <summary>Which width is used.</summary>
public static class LaneWidths
{
    /// <summary>The width that <c>MERGEHOST_LANES</c> (<c>512</c>, <c>256</c>, <c>128</c> or <c>scalar</c>)
    /// forces, else the widest the processor has.</summary>
    public static LaneWidth Current { get; } = Environment.GetEnvironmentVariable("MERGEHOST_LANES") switch
    {
        "512" => LaneWidth.Bits512,
        "256" => LaneWidth.Bits256,
        "128" => LaneWidth.Bits128,
        "scalar" => LaneWidth.Scalar,
        _ => Widest,
    };

    private static LaneWidth Widest =>
        Vector512.IsHardwareAccelerated ? LaneWidth.Bits512
        : Vector256.IsHardwareAccelerated ? LaneWidth.Bits256
        : Vector128.IsHardwareAccelerated ? LaneWidth.Bits128
        : LaneWidth.Scalar;
}
