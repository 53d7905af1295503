using MergeHost.Checkpoints;
using MergeHost.Models;
using MergeHost.Models.Calls;
using MergeHost.Planning;
using MergeHost.Plugins;
using MergeHost.Plugins.Metadata;
using MergeHost.Runtimes;

namespace MergeHost.Loading;

/// <summary>Loads checkpoints, and merges of recipes, which are made in memory.</summary>
internal sealed class ModelLoader(PluginCatalog catalog, PluginHost host, MergeOptions options, Action<Problem> warnings)
{
    /// <summary>Loads a model by the runtime that is installed; of several by the first in the order of their names.</summary>
    /// <exception cref="MergeHostException">Something is wrong with the model, the recipe or a
    /// plugin, or no runtime is installed.</exception>
    /// <exception cref="OperationCanceledException">Stopped.</exception>
    public ILanguageModel Load(string path, CancellationToken cancellation)
    {
        PluginSet plugins = new(catalog);
        InstalledExport runtime = plugins.FindRuntime();
        if (RecipeMerge.IsRecipe(path))
        {
            using PlanSession session = new(path, catalog, host);
            using ICheckpointReader memory = new RecipeMerge(session, host, options, warnings).Run(cancellation);
            return host.Load(runtime, memory, options);
        }

        using ModelResolver models = new(plugins, host);
        return host.Load(runtime, models.Open(path).Open(), options);
    }
}
