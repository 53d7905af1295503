using System.Globalization;
using MergeHost.Reports;

namespace MergeHost.Comparing;

/// <summary>Marks beyond which merges were seen to fail.</summary>
/// <remarks>
/// Both come from a summary of a study that merged three continually pretrained Llama-3-8B models; they are no laws. The length of a
/// difference grows with the number of parameters, so that its mark says little of models of another size.
/// </remarks>
/// <seealso href="https://arxiv.org/abs/2511.02451">Merging continual pretraining models: a case study in finance</seealso>
internal static class ComparisonMarks
{
    private const double LowestCosine = 0.978;
    private const double LargestDistance = 120;
    private const string Origin = "seen in a study of three Llama-3-8B models (arXiv:2511.02451, second hand)";

    /// <summary>What is to be said of two models; nothing if they are within the marks.</summary>
    public static IReadOnlyList<string> Of(Distance whole)
    {
        List<string> hints = [];
        if (whole.Cosine < LowestCosine)
        {
            hints.Add(string.Create(CultureInfo.InvariantCulture,
                $"the cosine {whole.Cosine:F4} is below {LowestCosine}, where merges collapse: {Origin}"));
        }

        if (whole.L2 > LargestDistance)
        {
            hints.Add(string.Create(CultureInfo.InvariantCulture,
                $"the L2 distance {whole.L2:F1} is above {LargestDistance}, where merges collapse: {Origin}; it grows with the number of "
                    + $"parameters"));
        }

        return hints;
    }
}
