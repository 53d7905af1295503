using System.Diagnostics.CodeAnalysis;
using MergeHost.Kernels.Vectors.Loops;
using MergeHost.Lanes;
using MergeHost.Strategies;

namespace MergeHost.Plans;

/// <summary>What a treatment must keep to, so that nothing is read that is not there.</summary>
internal static class TreatmentContract
{
    /// <summary>Tells how a treatment breaks the contract.</summary>
    /// <param name="treatment">What a strategy returned.</param>
    /// <param name="sources">How many sources the tensor has.</param>
    /// <param name="hasBase">Whether it has a base.</param>
    /// <param name="breach">What the strategy did, to go after its name in a message.</param>
    /// <returns>Whether it does.</returns>
    public static bool IsBroken(
        [NotNullWhen(false)] Treatment? treatment, int sources, bool hasBase, [NotNullWhen(true)] out string? breach)
    {
        breach = treatment switch
        {
            null => "returned no treatment",
            CopyTreatment { Source: null } when !hasBase => "copies the base, and there is none",
            CopyTreatment { Source: { } source } when source < 0 || source >= sources => $"copies source {source} of {sources}",
            ChangeTreatment when !hasBase => "adds to the base, and there is none",
            ElementwiseTreatment elementwise => Breach(elementwise, sources),
            MeasureTreatment measure =>
                measure.Statistics.Select(statistic => Breach(statistic, sources)).OfType<string>().FirstOrDefault(),
            _ => null,
        };
        return breach is not null;
    }

    private static string? Breach(Statistic statistic, int sources) => statistic switch
    {
        TopKStatistic { Operand.Formula: { } formula } => Breach(formula, sources),
        TopKStatistic { Operand.SourceIndex: { } source } when source < 0 || source >= sources =>
            $"measures source {source} of {sources}",
        SumStatistic sum => Breach(sum.Parameters, sources) ?? KernelProbe.Breach(sum, sources),
        _ => null,
    };

    private static string? Breach(ElementwiseTreatment treatment, int sources) =>
        Breach(treatment.Parameters, sources) ?? KernelProbe.Breach(treatment, sources);

    // A kernel asks for any source's parameters; a table that has no slots is never asked.
    private static string? Breach(KernelParameters parameters, int sources)
    {
        if (parameters.Slots > 0 && parameters.Sources != sources)
        {
            return $"has parameters for {parameters.Sources} sources, and there are {sources}";
        }

        int? missing = parameters.Ranks.Select(operand => operand.SourceIndex).FirstOrDefault(source => source < 0 || source >= sources);
        return missing is null ? null : $"ranks source {missing} of {sources}";
    }
}
