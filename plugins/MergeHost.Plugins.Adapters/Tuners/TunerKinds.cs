using MergeHost.Checkpoints;
using MergeHost.Plugins.Adapters.Files;
using MergeHost.Plugins.Adapters.Placing;

namespace MergeHost.Plugins.Adapters.Tuners;

/// <summary>The kinds of adapters by the names that PEFT gives them.</summary>
internal static class TunerKinds
{
    private const string ActsOnTheInput = "it puts learned vectors before the input, and changes no weight";

    private static readonly Dictionary<string, Func<AdapterFile, BaseModel, AdapterTuner>> _known = new()
    {
        ["LORA"] = (adapter, model) => new LoraTuner(adapter, model),
        ["ADALORA"] = (adapter, model) => new AdaLoraTuner(adapter, model),
        ["LOHA"] = (adapter, model) => new LohaTuner(adapter, model),
        ["LOKR"] = (adapter, model) => new LokrTuner(adapter, model),
        ["IA3"] = (adapter, model) => new Ia3Tuner(adapter, model),
        ["HIRA"] = (adapter, model) => new HiraTuner(adapter, model),
        ["VERA"] = (adapter, model) => new VeraTuner(adapter, model),
        ["RANDLORA"] = (adapter, model) => new RandLoraTuner(adapter, model),
        ["VBLORA"] = (adapter, model) => new VbLoraTuner(adapter, model),
        ["DELORA"] = (adapter, model) => new DeloraTuner(adapter, model),
        ["GRALORA"] = (adapter, model) => new GraloraTuner(adapter, model),
        ["FOURIERFT"] = (adapter, model) => new FourierTuner(adapter, model),
        ["OFT"] = (adapter, model) => new OftTuner(adapter, model),
        ["BOFT"] = (adapter, model) => new BoftTuner(adapter, model),
        ["HRA"] = (adapter, model) => new HraTuner(adapter, model),
        ["ROAD"] = (adapter, model) => new RoadTuner(adapter, model),
        ["C3A"] = (adapter, model) => new C3aTuner(adapter, model),
        ["MISS"] = (adapter, model) => new MissTuner(adapter, model),
        ["SHIRA"] = (adapter, model) => new ShiraTuner(adapter, model),
        ["LN_TUNING"] = (adapter, model) => new ReplacingTuner(adapter, model),
        ["TRAINABLE_TOKENS"] = (adapter, model) => new ReplacingTuner(adapter, model),
    };

    private static readonly Dictionary<string, string> _unmergeable = new()
    {
        ["PROMPT_TUNING"] = ActsOnTheInput,
        ["MULTITASK_PROMPT_TUNING"] = ActsOnTheInput,
        ["P_TUNING"] = ActsOnTheInput,
        ["PREFIX_TUNING"] = "it puts learned keys and values before those of the input, and changes no weight",
        ["CARTRIDGE"] = "it puts learned keys and values before those of the input, and changes no weight",
        ["ADAPTION_PROMPT"] = "it adds to attention what depends on the input, and changes no weight",
        ["CPT"] = ActsOnTheInput,
        ["XLORA"] = "it mixes adapters as the input says, so that no weights are equal to it",
        ["POLY"] = "it mixes adapters by task, so that no weights are equal to it",
    };

    /// <summary>Finds the class of an adapter's kind.</summary>
    /// <exception cref="CheckpointException">The kind is not known, or cannot be merged.</exception>
    public static AdapterTuner Create(AdapterFile adapter, BaseModel model)
    {
        string kind = adapter.Config.Kind;
        if (_unmergeable.TryGetValue(kind, out string? reason))
        {
            throw Unmergeable(adapter, kind, reason);
        }

        return _known.TryGetValue(kind, out Func<AdapterFile, BaseModel, AdapterTuner>? create)
            ? create(adapter, model)
            : throw adapter.Config.Wrong($"'peft_type' is '{CheckpointException.Printable(kind)}', which is not known",
                $"Known are {string.Join(", ", _known.Keys)}.");
    }

    /// <summary>The error of an adapter that no weights are equal to.</summary>
    public static CheckpointException Unmergeable(AdapterFile adapter, string kind, string reason) =>
        new(new Problem(ErrorCodes.ContentUnsupported,
            $"{adapter.Name}: an adapter of kind '{kind}' cannot be merged: {reason}",
            "Run it with PEFT beside the base, and merge without it."));
}
