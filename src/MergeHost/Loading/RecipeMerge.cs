using MergeHost.Checkpoints;
using MergeHost.Planning;
using MergeHost.Plans;
using MergeHost.Plugins;
using MergeHost.Running;
using MergeHost.Running.Records;

namespace MergeHost.Loading;

/// <summary>A recipe's merge that is made in memory once it is needed; nothing is written.</summary>
internal sealed class RecipeMerge
{
    private readonly MergePlan _plan;
    private readonly PluginHost _host;
    private readonly MergeOptions _options;

    /// <param name="session">The recipe; it must stay open until the merge has been made.</param>
    /// <param name="host">Creates what the plan uses.</param>
    /// <param name="options">How it is carried out.</param>
    /// <param name="warnings">Receives warnings found while planning.</param>
    /// <exception cref="MergeHostException">Something is wrong with the recipe, a model or a plugin.</exception>
    public RecipeMerge(PlanSession session, PluginHost host, MergeOptions options, Action<Problem> warnings)
    {
        _host = host;
        _options = options;
        _plan = session.Plan(Nowhere, options);
        foreach (Problem warning in _plan.Warnings)
        {
            warnings(warning);
        }
    }

    /// <summary>Merges in memory are planned as if they were written here.</summary>
    public static string Nowhere { get; } = Path.Combine(Path.GetTempPath(), "mergehost-in-memory");

    /// <summary>Tells this merge from every other, by recipe, inputs and plugins.</summary>
    public string Identity => MergeIdentity.Of(_plan, _plan.Stages[^1], _options).Unfinished;

    /// <summary>Whether a path names a recipe rather than a checkpoint.</summary>
    public static bool IsRecipe(string path) =>
        path.EndsWith(".yaml", StringComparison.Ordinal) || path.EndsWith(".yml", StringComparison.Ordinal);

    /// <summary>Makes the merge.</summary>
    /// <returns>The checkpoint; the caller disposes it.</returns>
    /// <exception cref="MergeHostException">An input cannot be read, or a strategy fails.</exception>
    /// <exception cref="OperationCanceledException">Stopped.</exception>
    public ICheckpointReader Run(CancellationToken cancellation) => new MemoryRunner(_plan, Nowhere, _host, _options).Run(cancellation);
}
