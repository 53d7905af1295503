using System.Runtime.CompilerServices;
using MergeHost.Lanes;
using MergeHost.Strategies;

namespace MergeHost.Plugins.Shapes;

/// <summary>The base plus a task vector times a factor, of the tensor or of each row: <c>θ₀ + s (θ − θ₀)</c>.</summary>
internal static class ScaledTaskVector
{
    public static Treatment By(double factor)
    {
        if (factor is 0 or 1)
        {
            return factor == 0 ? Treatment.CopyBase() : Treatment.CopySource(0);
        }

        KernelParameters parameters = new(slots: 1, sources: 1);
        parameters[Kernel.Factor, 0] = (float)factor;
        return Treatment.Elementwise<Kernel>(parameters);
    }

    public static Treatment ByRow(IEnumerable<double> factors, long rowLength)
    {
        KernelParameters parameters = new(slots: 1, sources: 1);
        parameters.SetRows(Kernel.Factor, 0, [.. factors.Select(factor => (float)factor)], rowLength);
        return Treatment.Elementwise<Kernel>(parameters);
    }

    private readonly struct Kernel : IElementwiseKernel
    {
        public const int Factor = 0;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static V Apply<V, C>(in C c)
            where V : struct, IVec<V>
            where C : struct, IKernelContext<V> => c.Base + (c.P(Factor, 0) * (c.Source(0) - c.Base));
    }
}
