using System.Runtime.Intrinsics;

namespace MergeHost.Plugins.Gguf.Blocks;

/// <summary>How a block of a quantised type is read.</summary>
internal unsafe interface IBlock
{
    /// <summary>Elements of a block.</summary>
    static abstract int Elements { get; }

    /// <summary>Bytes of a block.</summary>
    static abstract int Bytes { get; }

    /// <summary>Whether no scale is NaN or infinite.</summary>
    static abstract bool IsFinite(byte* block);

    /// <summary>Gives the numbers of a block, with the bits that ggml gives.</summary>
    static abstract void Decode(byte* block, float* values);
}

/// <summary>How a block of a quantised type is written.</summary>
internal unsafe interface IEncodableBlock : IBlock
{
    /// <summary>Makes a block of finite numbers, with the bits that ggml gives without an importance matrix.</summary>
    static abstract void Encode(float* values, byte* block);
}

/// <summary>How a block is written that is a scale in half precision and then numbers, which depend on nothing else.</summary>
internal unsafe interface IScaledBlock : IBlock
{
    /// <summary>What the extreme becomes as a multiple of the scale.</summary>
    static abstract float Most { get; }

    /// <summary>The one of finite numbers that is to be <see cref="Most"/> times the scale.</summary>
    static abstract float Extreme(float* values);

    /// <summary>Makes the numbers that follow the scale.</summary>
    /// <param name="values">The numbers.</param>
    /// <param name="inverse">One over the scale in each lane; 0 for 0.</param>
    /// <param name="numbers">Where they go.</param>
    static abstract void Encode(float* values, Vector512<float> inverse, byte* numbers);
}

/// <summary>How a block is written by an importance matrix.</summary>
internal unsafe interface IWeightedBlock : IBlock
{
    /// <summary>Whether a block depends on the whole row that it is of.</summary>
    static abstract bool NeedsRow { get; }

    /// <summary>Makes a block of finite numbers, with the bits that ggml gives.</summary>
    /// <param name="values">The numbers.</param>
    /// <param name="importance">What the error of each counts.</param>
    /// <param name="meanSquare">The mean of the squares of the row, if <see cref="NeedsRow"/>.</param>
    /// <param name="block">The block.</param>
    static abstract void Encode(float* values, float* importance, float meanSquare, byte* block);
}
