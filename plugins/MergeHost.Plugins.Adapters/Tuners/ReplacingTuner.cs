using MergeHost.Plugins.Adapters.Files;
using MergeHost.Plugins.Adapters.Placing;

namespace MergeHost.Plugins.Adapters.Tuners;

/// <summary>Adapters whose tensors take the place of the base's, whole or row by row: tuned norms and trained tokens.</summary>
internal sealed class ReplacingTuner(AdapterFile adapter, BaseModel model) : AdapterTuner(adapter, model)
{
    protected override void Add(AdapterModule module)
    {
    }
}
