using MergeHost.Lanes;
using MergeHost.Strategies;

namespace MergeHost.Kernels.Vectors.Loops;

/// <summary>Runs elementwise kernels over memory.</summary>
public static class ElementwiseLoop
{
    /// <summary>Compiles a treatment's kernel for a width and for the types of its inputs and of its output.</summary>
    public static ElementwiseFunction Bind(
        ElementwiseTreatment treatment, LaneWidth width, ElementFormat input, ElementFormat output) =>
        treatment.Accept(new Binder(width, input, output));

    private static unsafe void Run<K, V, I, O>(in KernelRun run, byte* output)
        where K : struct, IElementwiseKernel
        where V : struct, IMemoryVec<V>
        where I : struct, IElementFormat
        where O : struct, IElementFormat
    {
        nint end = run.Start + run.Count;
        nint whole = end - (run.Count % V.Count);
        KernelContext<V, I> context = new(run);
        for (nint element = run.Start; element < whole; element += V.Count)
        {
            context.Element = element;
            O.Store(K.Apply<V, KernelContext<V, I>>(context), output, element);
        }

        KernelContext<VecScalar, I> rest = new(run);
        for (nint element = whole; element < end; element++)
        {
            rest.Element = element;
            O.Store(K.Apply<VecScalar, KernelContext<VecScalar, I>>(rest), output, element);
        }
    }

    private sealed class Binder(LaneWidth width, ElementFormat input, ElementFormat output) : IElementwiseVisitor<ElementwiseFunction>
    {
        public ElementwiseFunction Visit<K>()
            where K : struct, IElementwiseKernel => width switch
            {
                LaneWidth.Bits512 => Formats<K, Vec512>(),
                LaneWidth.Bits256 => Formats<K, Vec256>(),
                LaneWidth.Bits128 => Formats<K, Vec128>(),
                _ => Formats<K, VecScalar>(),
            };

        private unsafe ElementwiseFunction Formats<K, V>()
            where K : struct, IElementwiseKernel
            where V : struct, IMemoryVec<V> => (input, output) switch
            {
                (ElementFormat.BFloat16, ElementFormat.BFloat16) => Run<K, V, BFloat16Format, BFloat16Format>,
                (ElementFormat.BFloat16, _) => Run<K, V, BFloat16Format, SingleFormat>,
                (_, ElementFormat.BFloat16) => Run<K, V, SingleFormat, BFloat16Format>,
                _ => Run<K, V, SingleFormat, SingleFormat>,
            };
    }
}
