namespace MergeHost.Plugins.Adapters.Files;

/// <summary>The name of an adapter's tensor in parts.</summary>
/// <param name="Module">The module that it belongs to, without what PEFT wraps around it; empty for what all modules share.</param>
/// <param name="Part">What it is of the adapter, such as <c>lora_A</c>, or <c>=weight</c> for a tensor that takes the base's place.</param>
/// <param name="Depth">How many further adapters of the same module it lies under.</param>
internal readonly record struct AdapterKey(string Module, string Part, int Depth)
{
    /// <summary>Marks a tensor that takes the place of the base's.</summary>
    public const char Replaces = '=';

    // What torch.compile, activation checkpoints and distributed training put into names.
    private static readonly string[] _wrappers = ["_orig_mod", "_checkpoint_wrapped_module", "_fsdp_wrapped_module", "_forward_module"];

    private const string Wrapped = "base_model.model.";
    private const string Shared = "base_model.";

    private static readonly string[] _beginnings =
    [
        "lora_", "hada_", "lokr_", "ia3_", "vera_", "oft_", "boft_", "hra_", "fourierft_", "randlora_", "miss_", "bone_", "delora_",
        "hira_",
        "c3a_", "road_", "gralora_", "shira_", "vblora_", "trainable_tokens_",
    ];

    /// <summary>Takes a name apart.</summary>
    /// <param name="name">The name in the file.</param>
    /// <param name="prefixes">How many times it has the prefix that PEFT gives every name.</param>
    /// <param name="isWrapped">Whether it has words of what was wrapped around the model while it was trained.</param>
    public static AdapterKey Parse(string name, out int prefixes, out bool isWrapped)
    {
        int length = name.Length;
        name = name.StartsWith("module." + Shared, StringComparison.Ordinal) ? name["module.".Length..] : name;
        name = string.Join('.', name.Split('.').Where(word => !_wrappers.Contains(word)));
        isWrapped = name.Length < length;
        prefixes = 0;
        for (; name.StartsWith(Wrapped, StringComparison.Ordinal); prefixes++)
        {
            name = name[Wrapped.Length..];
        }

        if (prefixes == 0 && name.StartsWith(Shared, StringComparison.Ordinal))
        {
            name = name[Shared.Length..];
            prefixes = 1;
        }

        string[] parts = name.Split('.');
        int at = Array.FindIndex(parts, part => part is "token_adapter" or "ln_tuning_layers" or "modules_to_save"
            || Array.Exists(_beginnings, beginning => part.StartsWith(beginning, StringComparison.Ordinal)));
        if (at >= 0 && parts[at] is "ln_tuning_layers" or "modules_to_save")
        {
            string[] inner = parts[(at + 1)..];
            parts = [.. parts[..at], .. inner is ["default", _, ..] ? inner[1..] : inner];
            at = -1;
        }

        if (at < 0)
        {
            at = parts.Length - 1;
            return Made(parts[..at], Replaces + parts[at]);
        }

        string last = parts[^1];
        return Made(parts[..at],
            parts[at] == "token_adapter"
                ? "trainable_tokens_delta"
                : last == "bias" && at < parts.Length - 1 ? parts[at] + ".bias" : parts[at]);
    }

    private static AdapterKey Made(string[] module, string part)
    {
        int length = module.Length;
        while (length > 0 && module[length - 1] == "base_layer")
        {
            length--;
        }

        return new AdapterKey(string.Join('.', module[..length]), part, module.Length - length);
    }
}
