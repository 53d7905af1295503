using MergeHost.Builders;
using MergeHost.Checkpoints;
using MergeHost.Models;
using MergeHost.Models.Calls;
using MergeHost.Plans;
using MergeHost.Plugins;

namespace MergeHost.Running.Checks;

/// <summary>Lets a builder check what it built, once it is written.</summary>
internal static class BuildCheck
{
    /// <summary>Runs the check of a stage.</summary>
    /// <returns>What was found; <see langword="null"/> if nothing is to be checked.</returns>
    /// <exception cref="MergeHostException">The model is not what it must be, or cannot be run.</exception>
    public static string? Run(StagePlan stage, ICheckpointReader written, PluginHost host, MergeOptions options,
        CancellationToken cancellation)
    {
        if (stage.Check is not { } check)
        {
            return null;
        }

        using LentCheckpoint lent = new(written);
        BuiltModel built = new(lent, checkpoint => host.Load(check.Runtime, checkpoint, options)) { Cancellation = cancellation };
        return PluginCall.Run(stage.Builder!, null, () => check.Work(built));
    }
}
