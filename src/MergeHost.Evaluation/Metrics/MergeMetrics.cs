using MergeHost.Evaluation.Suites;

namespace MergeHost.Evaluation.Metrics;

/// <summary>How a merge compares with what it was made of, over several tasks whose scores lie between 0 and 100.</summary>
/// <remarks>
/// The names are those of the study of merging CPT models and of SPEAR-MM; their equations could not be read, and these are our reading of
/// the words. With s(M) the score of the merge, s(e) those of its experts, s(B) that of the base, and s(c) those of its constituents on a
/// task: the experts, or the base and a single expert. Picking a setting by one of these numbers and reporting the same number of it is a
/// choice on the test set.
/// </remarks>
/// <seealso href="https://arxiv.org/abs/2511.02451"/>
/// <seealso href="https://arxiv.org/abs/2511.08500"/>
internal sealed record MergeMetrics
{
    /// <summary>What <see cref="MacroOutperformGap"/> is called where metrics are told by name.</summary>
    public const string MacroOutperformGapName = "macroOutperformGap";

    /// <summary><c>mean(s(M) − mean_c s(c))</c>: what is gained over the average constituent.</summary>
    public required double MacroGain { get; init; }

    /// <summary><c>mean(s(M) − max_c s(c))</c>: what is gained over the best constituent of each
    /// task; above 0 something has emerged.</summary>
    public required double MacroOutperformGap { get; init; }

    /// <summary><c>Σ s(M) / Σ max_c s(c)</c></summary>
    public required double OracleRetentionPooled { get; init; }

    /// <summary><c>mean(s(M) / max_c s(c))</c> over tasks on which some constituent scores; NaN if there is none.</summary>
    public required double OracleRetentionMean { get; init; }

    /// <summary><c>Σ s(M) / Σ s(B)</c> over the general tasks; NaN without any.</summary>
    public required double Retention { get; init; }

    /// <summary><c>Σ (s(M) − s(B)) / Σ (max_e s(e) − s(B))</c> over the tasks of the experts' domains;
    /// NaN where the experts gained nothing.</summary>
    public required double GainKept { get; init; }

    /// <summary>The metrics in the order in which they are reported.</summary>
    public static IReadOnlyList<string> Names { get; } =
        ["macroGain", MacroOutperformGapName, "oracleRetentionPooled", "oracleRetentionMean", "retention", "gainKept"];

    /// <summary>Their values, in the order of <see cref="Names"/>.</summary>
    public double[] Values => [MacroGain, MacroOutperformGap, OracleRetentionPooled, OracleRetentionMean, Retention, GainKept];

    /// <summary>What those that are quotients are divided by, in the order of <see cref="Names"/>: of
    /// the mean the least; 1 for the others.</summary>
    public required double[] Divisors { get; init; }

    /// <summary>Computes the metrics.</summary>
    /// <param name="tasks">The scores on each task, at least one.</param>
    public static MergeMetrics Of(IReadOnlyList<ComparedTask> tasks)
    {
        ComparedTask[] scored = [.. tasks.Where(task => task.Best > 0)];
        ComparedTask[] general = [.. tasks.Where(task => task.Role == TaskRole.General)];
        ComparedTask[] domain = [.. tasks.Where(task => task.Role == TaskRole.Domain)];
        double gained = domain.Sum(task => task.Experts.Max() - task.Base);
        return new MergeMetrics
        {
            MacroGain = tasks.Average(task => task.Merged - task.Constituents.Average()),
            MacroOutperformGap = tasks.Average(task => task.Merged - task.Best),
            OracleRetentionPooled = tasks.Sum(task => task.Merged) / tasks.Sum(task => task.Best),
            OracleRetentionMean = scored.Length == 0 ? double.NaN : scored.Average(task => task.Merged / task.Best),
            Retention = general.Length == 0 ? double.NaN : general.Sum(task => task.Merged) / general.Sum(task => task.Base),
            GainKept = gained > 0 ? domain.Sum(task => task.Merged - task.Base) / gained : double.NaN,
            Divisors = [1, 1, tasks.Sum(task => task.Best), tasks.Min(task => task.Best), general.Sum(task => task.Base), gained],
        };
    }
}

/// <summary>The scores of a merge and of what it was made of on one task, from 0 to 100.</summary>
/// <param name="Role">What the task tells.</param>
/// <param name="Merged">The score of the merge.</param>
/// <param name="Base">The score of the base.</param>
/// <param name="Experts">The scores of the experts, at least one.</param>
internal sealed record ComparedTask(TaskRole Role, double Merged, double Base, IReadOnlyList<double> Experts)
{
    /// <summary>The scores of the constituents: the experts, or the base and a single expert.</summary>
    public IReadOnlyList<double> Constituents { get; } = Experts.Count == 1 ? [Base, Experts[0]] : Experts;

    /// <summary>The score of the best constituent.</summary>
    public double Best => Constituents.Max();
}
