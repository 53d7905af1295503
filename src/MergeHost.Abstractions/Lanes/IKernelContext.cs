namespace MergeHost.Lanes;

/// <summary>What a kernel sees at one place of the tensors: the elements there, and its parameters.</summary>
/// <remarks>All elements are float32, whatever the checkpoints hold.</remarks>
/// <typeparam name="V">The lane in which the elements come.</typeparam>
public interface IKernelContext<V>
    where V : struct, IVec<V>
{
    /// <summary>The number of sources, at least 1; the base is not one of them.</summary>
    int SourceCount { get; }

    /// <summary>The elements of the base; zero if there is no base.</summary>
    V Base { get; }

    /// <summary>The elements of source <paramref name="index"/>, counted from 0 in the order of the recipe.</summary>
    V Source(int index);

    /// <summary>The parameter at a place of the table that the strategy made.</summary>
    V P(int slot, int source = 0);

    /// <summary>Random numbers, uniform in (0, 1): one of the numbers (n + ½) · 2⁻¹⁶; the same number
    /// at every call for the same element.</summary>
    /// <param name="stream">Which of the <see cref="KernelParameters.Streams"/>; different streams are independent.</param>
    V Uniform(int stream);

    /// <summary>
    /// The rank of an element's magnitude within its row, in [0, 1]: 0 for the smallest, 1 for the largest, ½ where a row is one element.
    /// Magnitudes that agree to about 3 % share the mean of their ranks. NaN ranks highest.
    /// </summary>
    /// <param name="index">Which of the <see cref="KernelParameters.Ranks"/>.</param>
    V Rank(int index);

    /// <summary>Room for one value a source, to keep what is needed twice; arbitrary at first, and lost after the call.</summary>
    Span<V> Scratch { get; }
}
