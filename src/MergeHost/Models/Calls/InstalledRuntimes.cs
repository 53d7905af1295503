using MergeHost.Checkpoints;
using MergeHost.Plugins;
using MergeHost.Plugins.Metadata;
using MergeHost.Runtimes;

namespace MergeHost.Models.Calls;

/// <summary>Runs models by the runtimes of plugins.</summary>
internal static class InstalledRuntimes
{
    /// <summary>The runtime that is installed; of several the first in the order of their names.</summary>
    /// <exception cref="MergeHostException">There is none.</exception>
    public static InstalledExport FindRuntime(this PluginSet plugins) =>
        plugins.Exports(ExportKind.Runtime) is [InstalledExport first, ..] ? first
            : throw new MergeHostException([new Problem(ErrorCodes.PluginVersion, "no plugin with a runtime is installed",
                "`mergehost plugins list` shows all.")]);

    /// <summary>Loads a model; the caller disposes it, and the checkpoint may be disposed before.</summary>
    /// <exception cref="MergeHostException">The runtime cannot run the model, or failed.</exception>
    public static ILanguageModel Load(this PluginHost host, InstalledExport runtime, ICheckpointReader checkpoint, MergeOptions options) =>
        PluginCall.Run(runtime, null, () => host.Create<IModelRuntime>(runtime).Load(checkpoint, options.Device, options.Threads));
}
