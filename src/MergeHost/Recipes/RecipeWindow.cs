using MergeHost.Storage.Text;

namespace MergeHost.Recipes;

/// <summary><c>window:</c> in a stage: checkpoints of one training run, found by a pattern and weighted by a schedule.</summary>
/// <param name="From">A path or a hub name in which <c>*</c> stands for digits; the first gives the step.</param>
internal sealed record RecipeWindow(YamlScalar From)
{
    /// <summary>How many of the latest steps are taken, or <see langword="null"/> for all.</summary>
    public int? Last { get; init; }

    /// <summary>The first and the last step that may be taken, or <see langword="null"/> for any.</summary>
    public (long First, long Last)? Steps { get; init; }

    /// <summary>How far the steps that are taken are apart, counted back from the latest;
    /// <see langword="null"/> for every step there is.</summary>
    public long? Every { get; init; }

    /// <summary>Where the weights come from.</summary>
    public required WindowSchedule Schedule { get; init; }

    /// <summary>The place of the schedule, or of the pattern if there is none.</summary>
    public required TextPlace SchedulePlace { get; init; }
}

/// <summary>A checkpoint of a window.</summary>
/// <param name="Name">The name by which it is opened.</param>
/// <param name="Step">Its training step.</param>
/// <param name="Weight">Its weight by the schedule.</param>
internal sealed record WindowModel(string Name, long Step, double Weight);
