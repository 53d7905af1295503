namespace MergeHost.Plugins.Packings.Writing;

/// <summary>Modules that loaders fuse into one, so that they share one global scale: q, k and v, gate and up.</summary>
internal static class FusedModules
{
    private static readonly string[][] _fused =
    [
        ["q_proj", "k_proj", "v_proj"], ["gate_proj", "up_proj"], ["w1", "w3"], ["q_a_proj", "kv_a_proj_with_mqa"],
    ];

    /// <summary>A text that all modules have that are fused with a weight's, and no other.</summary>
    public static string KeyOf(string weight)
    {
        string stem = WeightForm.StemOf(weight);
        int last = stem.LastIndexOf('.') + 1;
        string[]? fused = Array.Find(_fused, names => names.Contains(stem[last..]));
        return fused is null ? stem : stem[..last] + string.Join('+', fused);
    }
}
