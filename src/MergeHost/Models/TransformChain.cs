using System.IO.Enumeration;
using System.Text.Json.Nodes;
using MergeHost.Checkpoints;
using MergeHost.Models.Calls;
using MergeHost.Options;
using MergeHost.Packings;
using MergeHost.Plugins;
using MergeHost.Plugins.Metadata;
using MergeHost.Recipes;

namespace MergeHost.Models;

/// <summary>Applies transforms to a checkpoint: those that recognise it, then those that the reference asks for.</summary>
/// <param name="plugins">What may be used.</param>
/// <param name="host">Creates what is used.</param>
/// <param name="asked">What the reference asks for, in order.</param>
/// <param name="open">Opens other checkpoints for transforms.</param>
internal sealed class TransformChain(
    PluginSet plugins, PluginHost host, IReadOnlyList<TransformReference> asked, Func<string, OpenedCheckpoint> open)
{
    // The checkpoint before a transform was first applied.
    private readonly Dictionary<string, ICheckpointReader> _originals = [];

    /// <summary>Applies them.</summary>
    /// <param name="checkpoint">The checkpoint; the result disposes it.</param>
    /// <exception cref="MergeHostException">There is no such transform, its options are wrong, it
    /// refuses the checkpoint, or it fails.</exception>
    public OpenedCheckpoint Apply(OpenedCheckpoint checkpoint)
    {
        HashSet<string> done = [.. asked.Select(transform => transform.Id)];
        while (plugins.Exports(ExportKind.Transform)
            .FirstOrDefault(export => !done.Contains(export.Export.Id) && Recognises(export, checkpoint.Reader)) is { } found)
        {
            done.Add(found.Export.Id);
            checkpoint = Apply(checkpoint, new TransformReference(found.Export.Id, [], null));
        }

        return asked.Aggregate(checkpoint, Apply);
    }

    // Plugins are loaded only where the names that they export occur.
    private bool Recognises(InstalledExport installed, ICheckpointReader checkpoint)
    {
        PluginExport export = installed.Export;
        bool isLikely = export.MarkedTensors.Count > 0 && checkpoint.Tensors.Any(tensor => Matches(export.MarkedTensors, tensor.Name))
            || export.ConfigFields.Count > 0 && Config(checkpoint) is { } config
                && config.Any(field => Matches(export.ConfigFields, field.Key));
        return isLikely && PluginCall.Run(installed, null, () => host.Create<ICheckpointTransform>(installed).Recognises(checkpoint));
    }

    private OpenedCheckpoint Apply(OpenedCheckpoint before, TransformReference reference)
    {
        InstalledExport installed = plugins.Resolve(ExportKind.Transform, reference.Id, reference.Place);
        ICheckpointTransform transform = host.Create<ICheckpointTransform>(installed);
        OptionsSchema schema = new(transform.OptionsType, installed);
        List<Problem> problems = [];
        object options = OptionsReader.Read(schema, installed.Export.Id, reference.Settings, reference.Place, problems);
        if (problems.Count > 0)
        {
            throw new MergeHostException(problems);
        }

        List<OpenedCheckpoint> others = [];
        bool isFirst = _originals.TryAdd(reference.Id, before.Reader);
        TransformContext context = new(Lend) { Original = isFirst ? null : new LentCheckpoint(_originals[reference.Id]) };
        ICheckpointReader result = PluginCall.Run(installed, null,
            () => Checked(installed, transform.Apply(before.Reader, options, context)));
        HashSet<string> kept = [.. result.Tensors.Select(tensor => tensor.Name)];
        return before with
        {
            Reader = new PluginCheckpoint(result, installed),
            Exports = [.. before.Exports, installed, .. others.SelectMany(other => other.Exports)],
            WeightFiles = [.. before.WeightFiles.Concat(result.WeightFiles).Concat(others.SelectMany(other => other.WeightFiles))
                .Distinct()],
            Files = [.. before.Files.Concat(others.SelectMany(other => other.Files)).Concat(OpenedCheckpoint.FilesOf(result, null))
                .DistinctBy(file => file.Path)],
            Identity = string.Join('\n',
            [
                before.Identity, $"{installed.Export.Id} of {installed.Plugin.InformationalVersion}",
                .. schema.Options.Select(option => $"{option.Name}={OptionInfo.Format(option.Property.GetValue(options))}"),
                .. others.SelectMany(other => other.Reader.Tensors.Select(tensor => tensor.ToString()).Prepend(other.Identity)),
                result.Identity,
            ]),
            Unpacked = result as IUnpackedCheckpoint ?? before.Unpacked,
            Factored = result as IFactoredCheckpoint,
            IsAsStored = result is IUnpackedCheckpoint,
            Widened = Widened(before, result),
            Consumed = [.. before.Consumed,
                .. before.Reader.Tensors.Where(tensor => !kept.Contains(tensor.Name)).Select(tensor => (tensor, installed.Export.Id))],
        };

        LentCheckpoint Lend(string name)
        {
            OpenedCheckpoint other = open(name);
            others.Add(other);
            return new LentCheckpoint(other.Reader);
        }
    }

    // What a transform adds is stored as most of the checkpoint is.
    private static Dictionary<string, DType> Widened(OpenedCheckpoint before, ICheckpointReader result)
    {
        Dictionary<string, DType> types = before.Reader.Tensors.ToDictionary(tensor => tensor.Name,
            tensor => before.Widened.GetValueOrDefault(tensor.Name, tensor.DType));
        bool onlyAdds = types.Keys.All(result.Tensors.Select(tensor => tensor.Name).ToHashSet().Contains);
        DType? usual = !onlyAdds ? null : types.Values.GroupBy(type => type).MaxBy(group => group.Count())?.Key;
        return result.Tensors.Where(tensor => tensor.DType == DType.F32)
            .Select(tensor => (tensor.Name, Type: types.GetValueOrDefault(tensor.Name) ?? usual))
            .Where(tensor => tensor.Type == DType.BF16 || tensor.Type == DType.F16)
            .ToDictionary(tensor => tensor.Name, tensor => tensor.Type!);
    }

    private static ICheckpointReader Checked(InstalledExport installed, ICheckpointReader? result)
    {
        if (result is null)
        {
            throw PluginMistake.Broken(installed, "returned nothing");
        }

        HashSet<string> names = [];
        return result.Tensors.FirstOrDefault(tensor => !names.Add(tensor.Name)) is { } twin
            ? throw PluginMistake.Broken(installed, $"made two tensors of the name '{CheckpointException.Printable(twin.Name)}'")
            : result;
    }

    // Whoever reads the configuration in earnest names the model with it.
    private static JsonObject? Config(ICheckpointReader checkpoint)
    {
        try
        {
            return checkpoint.Companions.FirstOrDefault(file => file.Name == "config.json")?.ReadJson();
        }
        catch (CheckpointException)
        {
            return null;
        }
    }

    // Models have a hundred thousand names, and most patterns are the end of one.
    private static bool Matches(IReadOnlyList<string> patterns, string name)
    {
        foreach (string pattern in patterns)
        {
            bool isEnd = pattern is ['*', ..] && !pattern.AsSpan(1).ContainsAny('*', '?', '\\');
            if (isEnd
                ? name.AsSpan().EndsWith(pattern.AsSpan(1))
                : FileSystemName.MatchesSimpleExpression(pattern, name, ignoreCase: false))
            {
                return true;
            }
        }

        return false;
    }
}
