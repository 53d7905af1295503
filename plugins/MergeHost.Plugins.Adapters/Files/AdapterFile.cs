using System.Text.RegularExpressions;
using MergeHost.Checkpoints;

namespace MergeHost.Plugins.Adapters.Files;

/// <summary>An adapter: its configuration, and its tensors by the modules that they belong to.</summary>
internal sealed partial class AdapterFile
{
    private readonly Dictionary<(string Name, int Depth), AdapterModule> _modules = [];

    /// <exception cref="CheckpointException">There is no configuration, or a tensor's name says nothing.</exception>
    public AdapterFile(ICheckpointReader reader, string name)
    {
        Reader = reader;
        Name = name;
        CompanionFile config = reader.Companions.FirstOrDefault(file => file.Name == AdapterConfig.FileName)
            ?? throw new CheckpointException(new Problem(ErrorCodes.BadConfig,
                reader.WeightFiles.Any(file => file.EndsWith(".gguf", StringComparison.OrdinalIgnoreCase))
                    ? $"{name}: the file holds a model, and no adapter"
                    : $"{name}: there is no {AdapterConfig.FileName}, so that the adapter's kind and scale are not known",
                "Name an adapter: a folder with its weights and its configuration, or llama.cpp's file of one."));
        Config = new AdapterConfig(name, config.ReadJson());
        Group();
    }

    public string Name { get; }

    public ICheckpointReader Reader { get; }

    public AdapterConfig Config { get; }

    /// <summary>What is worth knowing of the adapter.</summary>
    public List<Problem> Warnings { get; } = [];

    /// <summary>The modules in the order of the file.</summary>
    public IReadOnlyCollection<AdapterModule> Modules => _modules.Values;

    /// <summary>What all modules share.</summary>
    public AdapterModule Shared => _modules.TryGetValue(("", 0), out AdapterModule? shared) ? shared : new AdapterModule(this, "", 0);

    /// <summary>An error in a tensor.</summary>
    public CheckpointException Wrong(TensorInfo tensor, string reason, string? hint = null) =>
        CheckpointException.BadTensor(Name, tensor.Name, reason, hint);

    /// <summary>Adds a warning.</summary>
    public void Warn(string reason, string? hint = null) =>
        Warnings.Add(new Problem(ErrorCodes.CheckpointOddity, $"{Name}: {reason}", hint, Severity: Severity.Warning));

    private void Group()
    {
        List<string> unprefixed = [];
        List<string> doubled = [];
        List<string> wrapped = [];
        foreach (TensorInfo tensor in Reader.Tensors)
        {
            if (ForeignName().IsMatch(tensor.Name))
            {
                throw new CheckpointException(new Problem(ErrorCodes.ContentUnsupported,
                    $"{Name}: tensor '{CheckpointException.Printable(tensor.Name)}' is named as the tools for diffusion models name theirs "
                        + "(kohya, LyCORIS, diffusers), which do not tell modules as PEFT does",
                    "Convert the adapter to PEFT's form by the tool that made it."));
            }

            AdapterKey key = AdapterKey.Parse(tensor.Name, out int prefixes, out bool isWrapped);
            if (isWrapped)
            {
                wrapped.Add(tensor.Name);
            }

            if (prefixes != 1)
            {
                (prefixes == 0 ? unprefixed : doubled).Add(tensor.Name);
            }

            // What takes the base's place lies under no other adapter.
            int depth = key.Part[0] == AdapterKey.Replaces ? 0 : key.Depth;
            if (!_modules.TryGetValue((key.Module, depth), out AdapterModule? module))
            {
                _modules.Add((key.Module, depth), module = new AdapterModule(this, key.Module, depth));
            }

            module.Add(key.Part, tensor);
        }

        WarnOfPrefixes(wrapped, "have words of what was wrapped around the model in training");
        WarnOfPrefixes(unprefixed, "lack the prefix 'base_model.model.'");
        WarnOfPrefixes(doubled, "have the prefix 'base_model.model.' more than once");
    }

    // Words are parted by '_', and factors are up and down.
    [GeneratedRegex(@"^(lora_(unet|transformer|te\d?)|lycoris)_|\.lora[_.](up|down)\.weight$")]
    private static partial Regex ForeignName();

    private void WarnOfPrefixes(List<string> names, string what)
    {
        if (names.Count > 0)
        {
            Warn($"{names.Count} tensors {what}, first '{CheckpointException.Printable(names[0])}'; they are placed by the rest of their "
                + "names",
                "Save the adapter again with PEFT, which loads it as nothing otherwise.");
        }
    }
}
