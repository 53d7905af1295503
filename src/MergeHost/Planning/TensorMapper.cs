using MergeHost.Recipes;

namespace MergeHost.Planning;

/// <summary>Finds out which tensors the output has, and which tensors of the models each is made from.</summary>
/// <remarks>
/// With <c>models:</c> every tensor is made from those of the same name. With <c>slices:</c> layers are stacked and numbered anew;
/// what stands before the layers comes from the first slice, what stands after them from the last.
/// </remarks>
internal sealed class TensorMapper(IReadOnlyList<SliceModels> slices, List<Problem> problems)
{
    private readonly Dictionary<(string Model, string Other), List<string>> _missing = [];

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
            LayerStack? stack = layer is { } parsed ? template.Stacks.FirstOrDefault(stack => stack.Prefix == parsed.Stack) : null;
            double position = stack?.Position(layer!.Value.Layer) ?? 0;
            if (Pick(models, name, name, model => name) is var (basePart, sources))
            {
                mappings.Add(new TensorMapping(name, models.Slice, layer?.Layer, position, basePart, sources));
            }
        }

        ReportMissing();
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

    // Names that the template lacks: a head that it ties; anything else is reported, but for what a model makes by itself.
    private List<string> ExtraNames(SliceModels models)
    {
        List<string> heads = [];
        foreach (SliceModel other in models.All)
        {
            List<string> extra = [.. other.Model.Stored.Select(tensor => tensor.Name).Where(name => !models.Template.Model.Tensors.ContainsKey(name))];
            foreach (string name in extra)
            {
                if (models.Template.Model.Find(name) is not null)
                {
                    heads.Add(name);
                }
                else if (!TensorRoles.IsBuffer(name))
                {
                    AddMissing(models.Template.Model, name, other.Model);
                }
            }
        }

        return [.. heads.Distinct()];
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
                    string name = new LayerTensorName(prefix, layer, rest).ToString();
                    int at = offset;
                    if (Pick(slice, name, rest, model => Name(model, at, rest)) is var (basePart, sources))
                    {
                        mappings.Add(new TensorMapping(name, slice.Slice, layer, position, basePart, sources));
                    }
                }
            }
        }

        mappings.AddRange(MapOutside(slices[^1], isBefore: false));
        ReportMissing();
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

    private List<TensorMapping> MapOutside(SliceModels slice, bool isBefore)
    {
        List<TensorMapping> mappings = [];
        IEnumerable<string> names = slice.All.SelectMany(model => model.Model.Stored).Select(tensor => tensor.Name).Distinct()
            .Where(name => LayerTensorName.Parse(name) is null && TensorRoles.IsBeforeLayers(name) == isBefore);
        foreach (string name in names)
        {
            if (Pick(slice, name, name, model => name) is var (basePart, sources))
            {
                mappings.Add(new TensorMapping(name, slice.Slice, null, 0, basePart, sources));
            }
        }

        return mappings;
    }

    private bool HasSoundLayers(SliceModels slice)
    {
        int before = problems.Count;
        foreach (SliceModel part in slice.All)
        {
            LayerRange range = part.Source!.Layers!;
            if (part.Model.Stacks.Count != 1)
            {
                string found = part.Model.Stacks.Count == 0 ? "no layers" : $"several stacks of layers: {string.Join(", ", part.Model.Stacks.Select(stack => $"'{stack.Prefix}'"))}";
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
    private (MappedTensor? Base, IReadOnlyList<MappedTensor> Sources)? Pick(
        SliceModels slice, string output, string rest, Func<SliceModel, string> name)
    {
        List<SliceModel> lacking = [.. slice.All.Where(model => model.Model.Find(name(model)) is null)];
        bool isBuffer = TensorRoles.IsBuffer(rest);
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
        return (basePart, sources.Count == 0 ? [Part(slice.Template)] : sources);

        MappedTensor Part(SliceModel model) => new(model.Model, model.Source, model.Model.Find(name(model))!.Name);
    }

    private void AddMissing(InputModel model, string name, InputModel other)
    {
        if (!_missing.TryGetValue((model.Name, other.Name), out List<string>? names))
        {
            _missing.Add((model.Name, other.Name), names = []);
        }

        if (!names.Contains(name))
        {
            names.Add(name);
        }
    }

    private void ReportMissing()
    {
        foreach (((string model, string other), List<string> names) in _missing)
        {
            string more = names.Count > 3 ? $" and {names.Count - 3} more" : "";
            problems.Add(new Problem(ErrorCodes.TensorMissing,
                $"'{model}' has no tensor {string.Join(", ", names.Take(3).Select(name => $"'{name}'"))}{more}, which '{other}' has",
                "Merge models of one architecture."));
        }
    }

    // Where every model ties its head to the embedding, a head that a file holds all the same is never read.
    private List<TensorMapping> RemoveTiedHeads(List<TensorMapping> mappings)
    {
        List<TensorMapping> tied = [.. mappings.Where(mapping => TensorRoles.Of(mapping.Name) == TensorRole.Head && mapping.Parts.All(part => part.Model.TiesEmbeddings))];
        foreach (TensorMapping mapping in tied)
        {
            problems.Add(new Problem(ErrorCodes.CheckpointOddity, $"tensor '{mapping.Name}' is left out: the models tie it to the embedding",
                null, null, Severity.Warning));
        }

        return [.. mappings.Except(tied)];
    }
}
