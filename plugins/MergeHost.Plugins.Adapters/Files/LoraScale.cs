namespace MergeHost.Plugins.Adapters.Files;

/// <summary>The factor on a LoRA's product: <c>α/r</c>, or <c>α/√r</c> for rsLoRA, both of them the module's own.</summary>
internal static class LoraScale
{
    /// <summary>Finds the factor.</summary>
    /// <param name="adapter">The adapter.</param>
    /// <param name="module">The module.</param>
    /// <param name="name">The module's name, with that of its parameter if that is targeted.</param>
    /// <param name="rank">The rank that the tensors have.</param>
    /// <param name="part">The tensor that tells it.</param>
    /// <exception cref="MergeHost.Checkpoints.CheckpointException">The configuration says another rank.</exception>
    public static double Of(AdapterFile adapter, AdapterModule module, string name, int rank, string part)
    {
        AdapterConfig config = adapter.Config;
        double r = RankOf(adapter, name);
        double alpha = config.Pattern("alpha_pattern", name, config.Number("lora_alpha", 8), adapter.Warnings);
        return r == rank ? alpha / (config.Is("use_rslora") ? Math.Sqrt(r) : r)
            : throw module.Wrong(part, $"shape {module.Parts[part].Shape} is of rank {rank}; {AdapterConfig.FileName} says {r}",
                "Take configuration and weights from the same place.");
    }

    /// <summary>The rank that the configuration says.</summary>
    /// <exception cref="MergeHost.Checkpoints.CheckpointException">It is not above 0.</exception>
    public static double RankOf(AdapterFile adapter, string name)
    {
        double r = adapter.Config.Pattern("rank_pattern", name, adapter.Config.Number("r", 8), adapter.Warnings);
        return r > 0 ? r : throw adapter.Config.Wrong($"the rank of module '{name}' is {r}; it must be above 0");
    }
}
