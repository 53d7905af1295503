using System.Globalization;
using MergeHost.Lanes;
using MergeHost.Strategies;

namespace MergeHost.Kernels.Vectors.Loops;

/// <summary>Runs a kernel for one element to see that it asks for nothing that is not there: the
/// loops trust it, and read memory by it.</summary>
/// <remarks>A kernel cannot branch on numbers, so that one element tells of all.</remarks>
public static class KernelProbe
{
    /// <summary>Tells what a treatment's kernel asks for in vain.</summary>
    /// <param name="treatment">The treatment, with parameters for as many sources.</param>
    /// <param name="sources">How many sources the tensor has.</param>
    /// <returns>Such as <c>reads source 2 of 2</c>, or <see langword="null"/> if all is there.</returns>
    public static string? Breach(ElementwiseTreatment treatment, int sources) =>
        treatment.Accept(new Probe(treatment.Parameters, sources, 0));

    /// <inheritdoc cref="Breach(ElementwiseTreatment, int)"/>
    public static string? Breach(SumStatistic statistic, int sources) =>
        statistic.Accept(new Probe(statistic.Parameters, sources, statistic.Terms));

    private sealed class Probe(KernelParameters parameters, int sources, int terms) : IElementwiseVisitor<string?>, IReduceVisitor<string?>
    {
        string? IElementwiseVisitor<string?>.Visit<K>()
        {
            Context context = new(parameters, sources, new Findings());
            K.Apply<VecScalar, Context>(context);
            return context.Findings.Breach;
        }

        string? IReduceVisitor<string?>.Visit<K>()
        {
            Context context = new(parameters, sources, new Findings());
            K.Terms(context, new VecScalar[terms].AsSpan());
            return context.Findings.Breach;
        }
    }

    private sealed class Findings
    {
        public string? Breach { get; set; }
    }

    private readonly struct Context(KernelParameters parameters, int sources, Findings findings) : IKernelContext<VecScalar>
    {
        private readonly VecScalar[] _scratch = new VecScalar[sources];

        public Findings Findings => findings;

        public int SourceCount => sources;

        public VecScalar Base => VecScalar.Zero;

        public Span<VecScalar> Scratch => _scratch;

        public VecScalar Source(int index) => Within(index, sources, "reads source");

        public VecScalar P(int slot, int source = 0)
        {
            Within(slot, parameters.Slots, "reads parameter slot");
            return Within(source, sources, "reads a parameter of source");
        }

        public VecScalar Uniform(int stream) => Within(stream, parameters.Streams, "draws from stream");

        public VecScalar Rank(int index) => Within(index, parameters.Ranks.Count, "asks for rank");

        private VecScalar Within(int index, int count, string what)
        {
            if (index < 0 || index >= count)
            {
                findings.Breach ??= string.Create(CultureInfo.InvariantCulture, $"{what} {index} of {count}");
            }

            return VecScalar.Zero;
        }
    }
}
