using System.Globalization;
using MergeHost.Storage.Text;

namespace MergeHost.Recipes.Reading;

/// <content>What is merged: models, slices of layers, and modules.</content>
internal sealed partial class RecipeReader
{
    // models, slices, modules or a window: just one of them.
    private IReadOnlyList<RecipeSlice> ReadBody(YamlMapping mapping, bool isModule = false)
    {
        string[] kinds = isModule ? ["models", "slices"] : ["models", "slices", "modules", "window"];
        List<(YamlScalar Key, YamlNode Value)> present =
            [.. mapping.Entries.Where(entry => kinds.Contains(entry.Key.Text)
                && mapping.Find(entry.Key.Text) is not (null or YamlSequence { Items.Count: 0 }))];
        if (present.Count == 0)
        {
            AddMissing(mapping, kinds[0], $"Say what to merge by one of {string.Join(", ", kinds.Select(kind => $"`{kind}:`"))}.");
            return [];
        }

        if (present.Count > 1)
        {
            Add(ErrorCodes.Conflict, present[1].Key.Place, $"'{present[0].Key.Text}' and '{present[1].Key.Text}' exclude each other",
                "Keep one of them.");
        }

        return present[0].Key.Text switch
        {
            "models" => ReadModels(present[0].Value),
            "slices" => ReadSlices(present[0].Value),
            "window" => ReadWindow(present[0].Value),
            _ => ReadModules(present[0].Value),
        };
    }

    private IReadOnlyList<RecipeSlice> ReadModules(YamlNode node) =>
        IsMapping(node, "modules", out YamlMapping? modules)
            ? [.. modules.Entries.SelectMany(entry => ReadModule(entry.Key, entry.Value))]
            : [];

    private IEnumerable<RecipeSlice> ReadModule(YamlScalar name, YamlNode body)
    {
        if (!IsMapping(body, "a module", out YamlMapping? mapping))
        {
            return [];
        }

        CheckFields(mapping, "modules", ["models", "slices", "parameters"]);
        RecipeModule module = new(name.Text, name.Place, ReadParameters(mapping));
        return ReadBody(mapping, isModule: true).Select(slice => slice with { Module = module });
    }

    private IReadOnlyList<RecipeSlice> ReadModels(YamlNode node)
    {
        List<RecipeSource> sources = [.. Items(node, "models").Select(item => ReadSource(item, hasLayers: false)).OfType<RecipeSource>()];
        return sources.Count == 0 ? [] : [new RecipeSlice(node.Place, sources, null, ParameterSet.Empty)];
    }

    private List<RecipeSlice> ReadSlices(YamlNode node)
    {
        List<RecipeSlice> slices = [.. Items(node, "slices").Select(ReadSlice).OfType<RecipeSlice>()];
        if (slices.Count > 0 && slices.TrueForAll(slice => slice.Sources[0].Layers!.Count == 0))
        {
            Add(ErrorCodes.LayerRange, slices[0].Sources[0].Layers!.Place, "no slice holds a layer",
                "The second number of a `layer_range:` is the layer after the last.");
        }

        return slices;
    }

    private RecipeSlice? ReadSlice(YamlNode node)
    {
        if (!IsMapping(node, "a slice", out YamlMapping? slice))
        {
            return null;
        }

        CheckFields(slice, "slices", ["sources", "base_model", "parameters", "residual_weight"]);
        if (slice.Find("residual_weight") is { } residual)
        {
            _problems.Add(new Problem(ErrorCodes.NotSupported, "'residual_weight' has no effect, here as in mergekit", "Remove it.",
                residual.Place, Severity.Warning));
        }

        if (slice.Find("sources") is not { } list)
        {
            AddMissing(slice, "sources", "List the models of the slice with their `layer_range:`.");
            return null;
        }

        List<RecipeSource> sources = [.. Items(list, "sources").Select(item => ReadSource(item, hasLayers: true)).OfType<RecipeSource>()];
        ModelReference? baseModel = slice.Find("base_model") is { } model ? ReadModel(model) : null;
        return sources.Count == 0 ? null : new RecipeSlice(slice.Place, sources, baseModel, ReadParameters(slice));
    }

    private RecipeSource? ReadSource(YamlNode node, bool hasLayers)
    {
        if (!IsMapping(node, "a source", out YamlMapping? source))
        {
            return null;
        }

        CheckFields(source, "sources", hasLayers ? ["model", "layer_range", "parameters"] : ["model", "parameters"]);
        LayerRange? layers = hasLayers ? ReadLayers(source) : null;
        ParameterSet parameters = ReadParameters(source);
        if (source.Find("model") is not { } model)
        {
            AddMissing(source, "model", "Name the model's folder or file.");
            return null;
        }

        return ReadModel(model) is { } reference && (layers is not null || !hasLayers)
            ? new RecipeSource(reference, layers, parameters)
            : null;
    }

    private LayerRange? ReadLayers(YamlMapping source)
    {
        if (source.Find("layer_range") is not { } node)
        {
            AddMissing(source, "layer_range", "Give the first layer and the one after the last, such as `layer_range: [0, 16]`.");
            return null;
        }

        if (node is not YamlSequence { Items: [YamlScalar first, YamlScalar last] })
        {
            Add(ErrorCodes.WrongType, node.Place, $"'layer_range' must be two whole numbers, found {node.Kind}",
                "Write `layer_range: [0, 16]`.");
            return null;
        }

        if (ReadCount(first) is not { } start || ReadCount(last) is not { } end)
        {
            return null;
        }

        // Equal numbers hold no layer; a first or last slice of them tells whose embeddings, or whose norm and head, are taken.
        if (end < start)
        {
            Add(ErrorCodes.LayerRange, node.Place, $"layer_range [{start}, {end}] ends before it begins",
                "The second number is the layer after the last.");
            return null;
        }

        return new LayerRange(start, end, node.Place);
    }

    private int? ReadCount(YamlScalar scalar)
    {
        // Quotes and 4.0 are as good as 4 to mergekit.
        if (int.TryParse(scalar.Text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out int count))
        {
            return count;
        }

        Add(ErrorCodes.WrongType, scalar.Place, $"a layer must be a whole number from 0 up, found {scalar.Kind}", null);
        return null;
    }
}
