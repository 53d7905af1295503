using MergeHost.Planning.Names;
using MergeHost.Recipes;

namespace MergeHost.Planning;

/// <summary>Finds out which tensors the output has, and which tensors of the models each is made from.</summary>
/// <remarks>
/// With <c>models:</c> every tensor is made from those of the same name. With <c>slices:</c> layers are stacked and numbered anew;
/// what stands before the layers comes from the first slice, what stands after them from the last.
/// </remarks>
/// <param name="slices">The models of each slice.</param>
/// <param name="named">The model that the recipe names as base, if it does: what only that has is kept.</param>
/// <param name="problems">Receives what is wrong or worth knowing.</param>
internal sealed class TensorMapper(IReadOnlyList<SliceModels> slices, InputModel? named, List<Problem> problems)
{
    private readonly Dictionary<(InputModel Model, InputModel Other), List<string>> _missing = [];
    private readonly List<string> _kept = [];
    private readonly NameAliases _names = new(slices[0].Template.Model, slices.SelectMany(slice => slice.All).Select(model => model.Model), problems);

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
            LayerStack? stack = layer is { } parsed ? template.Stacks.FirstOrDefault(stack => stack.Holds(parsed)) : null;
            double position = stack?.Position(layer!.Value.Layer) ?? 0;
            if (Pick(models, name, model => name) is { } parts)
            {
                mappings.Add(parts with { Layer = stack is null ? null : layer?.Layer, Position = position });
            }
        }

        Report();
        return mappings;
    }

    private bool HaveSameLayers(SliceModels models)
    {
        InputModel template = models.Template.Model;
        foreach (SliceModel other in models.All.Where(model => model.Model.LayerCount != template.LayerCount))
        {
            problems.Add(new Problem(ErrorCodes.LayerRange,
                $"'{other.Model.Name}' has {other.Model.LayerCount} layers, '{template.Name}' has {template.LayerCount}",
                "Merge models of one size, or stack layers with `slices:`.", other.Source?.Model.Place));
        }

        return models.All.All(model => model.Model.LayerCount == template.LayerCount);
    }

    // Names that the template lacks: a head that it ties, what only the base has; anything else is reported, but for what a model makes by itself.
    private List<string> ExtraNames(SliceModels models)
    {
        List<string> names = [];
        foreach (SliceModel other in models.All)
        {
            IEnumerable<string> extra = other.Model.Stored.Select(tensor => tensor.Name)
                .Where(name => !models.Template.Model.Tensors.ContainsKey(name) && !_names.IsAlias(other.Model, name));
            foreach (string name in extra)
            {
                if (models.Template.Model.Find(name) is not null || CanKeep(models, name))
                {
                    names.Add(name);
                }
                else if (!TensorRoles.IsBuffer(name))
                {
                    AddMissing(models.Template.Model, name, other.Model);
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
            for (int offset = 0; offset < count; offset++, layer++)
            {
                double position = count == 1 ? 1 : (double)offset / (count - 1);
                foreach (string rest in slice.All.SelectMany(model => Rests(model, offset)).Distinct())
                {
                    int at = offset;
                    if (Pick(slice, new LayerTensorName(prefix, layer, rest).ToString(), model => Name(model, at, rest)) is { } parts)
                    {
                        mappings.Add(parts with { Layer = layer, Position = position });
                    }
                }
            }
        }

        mappings.AddRange(MapOutside(slices[^1], isBefore: false));
        Report();
        return mappings;
    }

    private static string Name(SliceModel model, int offset, string rest) =>
        new LayerTensorName(model.Model.Stacks[0].Prefix, model.Source!.Layers!.Start + offset, rest).ToString();

    private static IEnumerable<string> Rests(SliceModel model, int offset)
    {
        string stack = model.Model.Stacks[0].Prefix;
        int layer = model.Source!.Layers!.Start + offset;
        return model.Model.Stored.Select(tensor => LayerTensorName.Parse(tensor.Name)).OfType<LayerTensorName>()
            .Where(name => name.Stack == stack && name.Layer == layer).Select(name => name.Rest);
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
                string found = stacks.Count == 0 ? "no layers" : $"several stacks of layers: {string.Join(", ", stacks.Select(stack => $"'{stack.Prefix}'"))}";
                problems.Add(new Problem(ErrorCodes.NotSupported, $"'{part.Model.Name}' has {found}; slices need just one stack", null, range.Place));
            }
            else if (range.End > part.Model.LayerCount)
            {
                problems.Add(new Problem(ErrorCodes.LayerRange,
                    $"layer_range [{range.Start}, {range.End}] of '{part.Model.Name}', which has {part.Model.LayerCount} layers", null, range.Place));
            }

            if (range.Count != slice.Template.Source!.Layers!.Count)
            {
                problems.Add(new Problem(ErrorCodes.LayerRange,
                    $"'{part.Model.Name}' gives {range.Count} layers, '{slice.Template.Model.Name}' gives {slice.Template.Source.Layers.Count}; a slice takes as many of each",
                    null, range.Place));
            }
        }

        return problems.Count == before;
    }

    // The parts of one tensor; null if a model lacks it. What a model makes by itself is taken from those that have it.
    private TensorMapping? Pick(SliceModels slice, string output, Func<SliceModel, string> name)
    {
        List<SliceModel> lacking = [.. slice.All.Where(model => _names.Find(model.Model, name(model)) is null)];
        if (lacking.Count > 0 && CanKeep(slice, output))
        {
            _kept.Add(output);
            MappedTensor kept = new(named!, null, _names.Find(named!, output)!.Name);
            return new TensorMapping(output, slice.Slice, null, 0, slice.Base is null ? null : kept, [kept]) { IsKept = true };
        }

        bool isBuffer = TensorRoles.IsBuffer(output);
        foreach (SliceModel model in lacking.Where(_ => !isBuffer))
        {
            AddMissing(model.Model, name(model), slice.All.First(other => !lacking.Contains(other)).Model);
        }

        if (lacking.Count > 0 && (!isBuffer || lacking.Contains(slice.Template)))
        {
            return null;
        }

        MappedTensor? basePart = slice.Base is null ? null : Part(slice.Base);
        List<MappedTensor> sources = [.. slice.Sources.Except(lacking).Select(Part)];
        return new TensorMapping(output, slice.Slice, null, 0, basePart, sources.Count == 0 ? [Part(slice.Template)] : sources);

        MappedTensor Part(SliceModel model) => new(model.Model, model.Source, _names.Find(model.Model, name(model))!.Name);
    }

    // Heads for further tokens, for classes or values, and other parts that training left out; not what every model of the kind has.
    private bool CanKeep(SliceModels slice, string name)
    {
        if (named is null || slice.All.All(model => model.Model != named) || _names.Find(named, name) is not { } tensor || named.LayerOf(tensor.Name) is not null)
        {
            return false;
        }

        TensorRole role = TensorRoles.Of(name);
        return slice.All.Where(model => model.Model != named).All(model => _names.Find(model.Model, name) is null
            && (role is not (TensorRole.Embedding or TensorRole.Head or TensorRole.Norm)
                || model.Model.Stored.Any(other => TensorRoles.Of(other.Name) == role && model.Model.LayerOf(other.Name) is null)));
    }

    private void AddMissing(InputModel model, string name, InputModel other)
    {
        if (!_missing.TryGetValue((model, other), out List<string>? names))
        {
            _missing.Add((model, other), names = []);
        }

        if (!names.Contains(name))
        {
            names.Add(name);
        }
    }

    private void Report()
    {
        if (_kept.Count > 0)
        {
            problems.Add(new Problem(ErrorCodes.CheckpointOddity, $"only base '{named!.Name}' has tensor {Some(_kept)}, which the output keeps",
                null, null, Severity.Warning));
        }

        HashSet<(InputModel, InputModel)> told = [];
        foreach (((InputModel model, InputModel other), List<string> names) in _missing)
        {
            List<string> back = _missing.GetValueOrDefault((other, model)) ?? [];
            if (ExpertNames.Differ(names, back, out string? single, out string? fused) || ExpertNames.Differ(back, names, out single, out fused))
            {
                if (told.Add((model, other)) && !told.Contains((other, model)))
                {
                    problems.Add(new Problem(ErrorCodes.TensorMissing,
                        $"'{model.Name}' and '{other.Name}' name their experts in two ways: one by one ('{single}') and fused ('{fused}')",
                        "Load one of them in transformers 5 and save it again: that writes fused experts."));
                }

                continue;
            }

            problems.Add(new Problem(ErrorCodes.TensorMissing, $"'{model.Name}' has no tensor {Some(names)}, which '{other.Name}' has",
                "Merge models of one architecture."));
        }
    }

    private static string Some(List<string> names) =>
        $"{string.Join(", ", names.Take(3).Select(name => $"'{name}'"))}{(names.Count > 3 ? $" and {names.Count - 3} more" : "")}";

    // Where every model's head is its embedding, a head that a file holds all the same is left out; one that was trained apart is kept.
    private List<TensorMapping> RemoveTiedHeads(List<TensorMapping> mappings)
    {
        ILookup<bool, TensorMapping> heads = mappings.Where(mapping => OutputHead.IsWeight(mapping.Name))
            .ToLookup(mapping => mapping.Parts.All(part => part.Model.TiesEmbeddings && IsOfTheEmbedding(part)));
        foreach (TensorMapping mapping in heads[true])
        {
            problems.Add(new Problem(ErrorCodes.CheckpointOddity, $"tensor '{mapping.Name}' is left out: it is the embedding, to which the models tie it",
                null, null, Severity.Warning));
        }

        foreach ((TensorMapping mapping, MappedTensor part) in heads[false].SelectMany(mapping => mapping.Parts.Select(part => (mapping, part))))
        {
            if (part.Name == mapping.Name && OutputHead.SaysTied(part.Model.Config) == true && !part.Model.TiesEmbeddings)
            {
                problems.Add(new Problem(ErrorCodes.CheckpointOddity,
                    $"'{part.Model.Name}': config.json ties '{part.Name}' to the embedding, but it was trained apart; it is kept, and the output's config.json unties it",
                    null, null, Severity.Warning));
            }
        }

        return [.. mappings.Except(heads[true])];
    }

    private static bool IsOfTheEmbedding(MappedTensor part) =>
        TensorRoles.Of(part.Name) == TensorRole.Embedding || OutputHead.Find(part.Model.Stored)?.Head.Name == part.Name;
}
