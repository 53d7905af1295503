using MergeHost.Architectures;
using MergeHost.Models;
using MergeHost.Planning.Modules;
using MergeHost.Planning.Names;
using MergeHost.Recipes;

namespace MergeHost.Planning.Mapping;

/// <summary>Finds out which tensors the output has, and which tensors of the models each is made from.</summary>
/// <remarks>
/// With <c>models:</c> every tensor is made from those of the same name. With <c>slices:</c> layers are stacked and numbered anew;
/// what stands before the layers comes from the first slice, what stands after them from the last.
/// </remarks>
/// <param name="slices">The models of each slice.</param>
/// <param name="named">The model that the recipe names as base, if it does: what only that has is kept.</param>
/// <param name="demand">What the strategy asks of the models.</param>
/// <param name="lacking">Receives what only some of the models have.</param>
/// <param name="problems">Receives what is wrong or worth knowing.</param>
internal sealed class TensorMapper(
    IReadOnlyList<SliceModels> slices, InputModel? named, StrategyDemand demand, LackingTensors lacking, List<Problem> problems)
{
    private readonly NameAliases _names = new(slices[0].Template.Model, slices.SelectMany(slice => slice.All).Select(model => model.Model),
        problems);

    /// <summary>The tensors of the output, in the order of the template's checkpoint or of the slices.</summary>
    public IReadOnlyList<TensorMapping> Map()
    {
        bool stacksLayers = slices[0].Slice.Sources[0].Layers is not null;
        List<TensorMapping> mappings = stacksLayers ? MapSlices() : MapModels(slices[0]);
        return RemoveTiedHeads(mappings);
    }

    private List<TensorMapping> MapModels(SliceModels models)
    {
        InputModel template = models.Template.Model;
        if (!HaveSameLayers(models))
        {
            return [];
        }

        List<TensorMapping> mappings = [];
        foreach (string name in template.Stored.Select(tensor => tensor.Name).Concat(ExtraNames(models)))
        {
            LayerTensorName? layer = LayerTensorName.Parse(name);
            LayerStack? stack = layer is { } parsed ? template.Whole.Stacks.FirstOrDefault(stack => stack.Holds(parsed)) : null;
            double position = stack?.Position(layer!.Value.Layer) ?? 0;
            if (Pick(models, name, model => name) is { } parts)
            {
                mappings.Add(parts with { Layer = stack is null ? null : layer?.Layer, Position = position });
            }
        }

        lacking.Report();
        return mappings;
    }

    private bool HaveSameLayers(SliceModels models)
    {
        InputModel template = models.Template.Model;
        if (lacking.IsLenient && template.Config is null)
        {
            return true;
        }

        foreach (SliceModel other in models.All.Where(model => model.Model.LayerCount != template.LayerCount))
        {
            problems.Add(new Problem(ErrorCodes.LayerRange,
                $"'{other.Model.Name}' has {other.Model.LayerCount} layers, '{template.Name}' has {template.LayerCount}",
                "Merge models of one size, or stack layers with `slices:`.", other.Source?.Model.Place));
        }

        return models.All.All(model => model.Model.LayerCount == template.LayerCount);
    }

    // Names that the template lacks: a head that it ties, what only the base has; anything else is
    // reported, but for what a model makes by itself.
    private List<string> ExtraNames(SliceModels models)
    {
        List<string> names = [];
        foreach (SliceModel other in models.All)
        {
            IEnumerable<string> extra = other.Model.Stored.Select(tensor => tensor.Name)
                .Where(name => !models.Template.Model.Tensors.ContainsKey(name) && !_names.IsAlias(other.Model, name));
            foreach (string name in extra)
            {
                if (models.Template.Model.Find(name) is not null || CanKeep(models, name) || lacking.IsLenient)
                {
                    names.Add(name);
                }
                else if (!TensorRoles.IsBuffer(name))
                {
                    lacking.Refuse(models.Template.Model, name, other.Model);
                }
            }
        }

        return [.. names.Distinct()];
    }

    private List<TensorMapping> MapSlices()
    {
        List<TensorMapping> mappings = [];
        if (!slices.All(HasSoundLayers))
        {
            return mappings;
        }

        mappings.AddRange(MapOutside(slices[0], isBefore: true));
        string prefix = slices[0].Template.Model.Stacks[0].Prefix;
        int layer = 0;
        foreach (SliceModels slice in slices)
        {
            int count = slice.Template.Source!.Layers!.Count;
            List<ILookup<int, string>> rests = [.. slice.All.Select(Rests)];
            for (int offset = 0; offset < count; offset++, layer++)
            {
                double position = count == 1 ? 1 : (double)offset / (count - 1);
                int at = offset;
                foreach (string rest in rests.SelectMany(model => model[at]).Distinct())
                {
                    if (Pick(slice, new LayerTensorName(prefix, layer, rest).ToString(), model => Name(model, at, rest)) is { } parts)
                    {
                        mappings.Add(parts with { Layer = layer, Position = position });
                    }
                }
            }
        }

        mappings.AddRange(MapOutside(slices[^1], isBefore: false));
        lacking.Report();
        return mappings;
    }

    private static string Name(SliceModel model, int offset, string rest) =>
        new LayerTensorName(model.Model.Stacks[0].Prefix, model.Source!.Layers!.Start + offset, rest).ToString();

    // What stands after the layer in names, by the layer's place in the slice.
    private static ILookup<int, string> Rests(SliceModel model)
    {
        string stack = model.Model.Stacks[0].Prefix;
        int start = model.Source!.Layers!.Start;
        return model.Model.Stored.Select(tensor => LayerTensorName.Parse(tensor.Name)).OfType<LayerTensorName>()
            .Where(name => name.Stack == stack).ToLookup(name => name.Layer - start, name => name.Rest);
    }

    // By the names of the first slice's models; a tensor that goes by one of those is not looked for by its own.
    private List<TensorMapping> MapOutside(SliceModels slice, bool isBefore)
    {
        InputModel naming = slices[0].Template.Model;
        IEnumerable<string> named = naming.Stored.Select(tensor => tensor.Name)
            .Where(name => slice.All.Any(model => _names.Find(model.Model, name) is { } tensor && !IsLayer(model.Model, tensor.Name)));
        IEnumerable<string> others = slice.All.SelectMany(model => model.Model.Stored.Select(tensor => tensor.Name)
            .Where(name => !IsLayer(model.Model, name) && !_names.IsAlias(model.Model, name)));
        return
        [
            .. named.Concat(others).Distinct().Where(name => TensorRoles.IsBeforeLayers(name) == isBefore)
                .Select(name => Pick(slice, name, model => name)).OfType<TensorMapping>(),
        ];
    }

    // Layers that predict further tokens have numbers of the stack too, but no place in a pile of layers.
    private static bool IsLayer(InputModel model, string name) => LayerTensorName.Parse(name)?.Stack == model.Stacks[0].Prefix;

    private bool HasSoundLayers(SliceModels slice)
    {
        int before = problems.Count;
        foreach (SliceModel part in slice.All)
        {
            LayerRange range = part.Source!.Layers!;
            List<LayerStack> stacks = [.. part.Model.Stacks.Where(stack => !stack.Prefix.Split('.').Contains("mtp"))];
            if (stacks.Count != 1)
            {
                string found = stacks.Count == 0
                    ? "no layers"
                    : $"several stacks of layers: {string.Join(", ", stacks.Select(stack => $"'{stack.Prefix}'"))}";
                string? hint = stacks.Count == 0 ? null
                    : $"Write the slices under `modules:`, such as `modules: {{{ModuleNames.Of(stacks[0].Prefix)}: {{slices: …}}}}`; there "
                        + $"are {string.Join(", ", ModuleMap.PartsOf(part.Model))}.";
                problems.Add(new Problem(ErrorCodes.NotSupported, $"'{part.Model.Name}' has {found}; slices need just one stack", hint,
                    range.Place));
            }
            else if (range.End > part.Model.LayerCount)
            {
                problems.Add(new Problem(ErrorCodes.LayerRange,
                    $"layer_range [{range.Start}, {range.End}] of '{part.Model.Name}', which has {part.Model.LayerCount} layers", null,
                    range.Place));
            }

            if (range.Count != slice.Template.Source!.Layers!.Count)
            {
                problems.Add(new Problem(ErrorCodes.LayerRange,
                    $"'{part.Model.Name}' gives {range.Count} layers, '{slice.Template.Model.Name}' "
                        + $"gives {slice.Template.Source.Layers.Count}; a slice takes as many of each",
                    null, range.Place));
            }
        }

        return problems.Count == before;
    }

    // The parts of one tensor; null if it is not made. What a model makes by itself is taken from those that have it.
    private TensorMapping? Pick(SliceModels slice, string output, Func<SliceModel, string> name)
    {
        List<SliceModel> without = [.. slice.All.Where(model => _names.Find(model.Model, name(model)) is null)];
        if (without.Count == 0)
        {
            return Merged();
        }

        List<SliceModel> having = [.. slice.All.Except(without)];
        if (CanKeep(slice, output))
        {
            return Kept(having.Find(model => model.Model == named) ?? new SliceModel(named!, null));
        }

        if (TensorRoles.IsBuffer(output) && !without.Contains(slice.Template))
        {
            return Merged();
        }

        switch (lacking.Rule)
        {
            case MissingRule.Base when having.Find(model => model.Model == named) is { } @base:
                return Kept(@base);
            case MissingRule.Skip:
                lacking.Skip(output, having.Select(Tensor));
                return null;
            case MissingRule.Single when having is [SliceModel only]:
                return Kept(only);
            case MissingRule.Single when IsEnough(slice, having):
                lacking.Merge(output);
                return Merged();
        }

        foreach (SliceModel model in without.Where(_ => !TensorRoles.IsBuffer(output)))
        {
            lacking.Refuse(model.Model, name(model), having[0].Model);
        }

        return null;

        TensorMapping Merged()
        {
            MappedTensor? basePart = slice.Base is null || without.Contains(slice.Base) ? null : Part(slice.Base);
            List<MappedTensor> sources = [.. (without.Count == 0 ? slice.Sources : slice.Sources.Except(without)).Select(Part)];
            return new TensorMapping(output, slice.Slice, null, 0, basePart, sources.Count == 0 ? [Part(slice.Template)] : sources);
        }

        TensorMapping Kept(SliceModel model)
        {
            lacking.Keep(model.Model, output, having.Select(Tensor));
            MappedTensor kept = Part(model) with { Source = null };
            return new TensorMapping(output, slice.Slice, null, 0, null, [kept]) { IsKept = true };
        }

        MappedTensor Part(SliceModel model) => new(model.Model, model.Source, Tensor(model).Tensor);

        // A base that is in no slice has no layers; what it keeps goes by the output's name.
        (InputModel Model, string Tensor) Tensor(SliceModel model) =>
            (model.Model, _names.Find(model.Model, slice.All.Contains(model) ? name(model) : output)!.Name);
    }

    private bool IsEnough(SliceModels slice, List<SliceModel> having)
    {
        int sources = slice.Sources.Count(having.Contains);
        return sources >= demand.MinSources && (slice.Base is null || having.Contains(slice.Base));
    }

    // Heads for further tokens, for classes or values, and other parts that training left out; not what every model of the kind has.
    private bool CanKeep(SliceModels slice, string name)
    {
        if (lacking.Rule is MissingRule.Error or MissingRule.Skip || named is null || slice.All.All(model => model.Model != named)
            || _names.Find(named, name) is not { } tensor || named.LayerOf(tensor.Name) is not null)
        {
            return false;
        }

        TensorRole role = TensorRoles.Of(name);
        return slice.All.Where(model => model.Model != named).All(model => _names.Find(model.Model, name) is null
            && (role is not (TensorRole.Embedding or TensorRole.Head or TensorRole.Norm)
                || model.Model.Stored.Any(other => TensorRoles.Of(other.Name) == role && model.Model.LayerOf(other.Name) is null)));
    }

    // Where every model's head is its embedding, a head that a file holds all the same is left out; one that was trained apart is kept.
    private List<TensorMapping> RemoveTiedHeads(List<TensorMapping> mappings)
    {
        ILookup<bool, TensorMapping> heads = mappings.Where(mapping => OutputHead.IsWeight(mapping.Name))
            .ToLookup(mapping => mapping.Parts.All(part => part.Model.TiesEmbeddings && IsOfTheEmbedding(part)));
        foreach (TensorMapping mapping in heads[true])
        {
            problems.Add(new Problem(ErrorCodes.CheckpointOddity,
                $"tensor '{mapping.Name}' is left out: it is the embedding, to which the models tie it",
                null, null, Severity.Warning));
        }

        foreach ((TensorMapping mapping,
            MappedTensor part) in heads[false].SelectMany(mapping => mapping.Parts.Select(part => (mapping, part))))
        {
            if (part.Name == mapping.Name && OutputHead.SaysTied(part.Model.Config) == true && !part.Model.TiesEmbeddings)
            {
                problems.Add(new Problem(ErrorCodes.CheckpointOddity,
                    $"'{part.Model.Name}': config.json ties '{part.Name}' to the embedding, but it was trained apart; it is kept, and the "
                        + "output's config.json unties it",
                    null, null, Severity.Warning));
            }
        }

        return [.. mappings.Except(heads[true])];
    }

    private static bool IsOfTheEmbedding(MappedTensor part) =>
        TensorRoles.Of(part.Name) == TensorRole.Embedding || OutputHead.Find(part.Model.Stored)?.Head.Name == part.Name;
}
