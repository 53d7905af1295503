using System.Text.Json.Nodes;
using MergeHost.Checkpoints;
using MergeHost.Packings;

namespace MergeHost.Plugins.Packings.Writing;

/// <summary>Where layers of a model went, so that names in its configuration can follow them.</summary>
internal sealed class ModuleRenaming
{
    private static readonly string[] _lists = ["ignore", "modules_to_not_convert", "exclude_modules", "ignored_layers", "targets"];

    private readonly Dictionary<string, List<string>> _layers = [];

    /// <param name="tensors">The tensors of the output.</param>
    /// <param name="origins">What each is made from.</param>
    /// <param name="model">The model whose names are to follow.</param>
    public ModuleRenaming(IReadOnlyList<TensorInfo> tensors, IReadOnlyList<PackingOrigin> origins, string model)
    {
        foreach ((TensorInfo tensor, PackingOrigin origin) in tensors.Zip(origins))
        {
            if (origin.Inputs.FirstOrDefault(input => input.Model == model) is { } input
                && LayerPair(input.Tensor.Name, tensor.Name) is var (from, to))
            {
                List<string> places = _layers.TryGetValue(from, out List<string>? known) ? known : _layers[from] = [];
                if (!places.Contains(to))
                {
                    places.Add(to);
                }
            }
        }
    }

    /// <summary>Whether any layer has another number, or several, or is left out.</summary>
    public bool Changes => _layers.Any(layer => layer.Value is not [string only] || only != layer.Key);

    /// <summary>Replaces the names in settings.</summary>
    /// <param name="fields">The settings; changed in place.</param>
    /// <param name="warn">Told of expressions that name a layer, which cannot follow.</param>
    public void Apply(JsonObject fields, Action<string> warn)
    {
        foreach ((string key, JsonNode? value) in fields.ToList())
        {
            if (value is JsonArray items && _lists.Contains(key))
            {
                fields[key] =
                    new JsonArray([.. items.SelectMany(item => item.AsText() is { } name
                        ? Follow(name, warn).Select(other => (JsonNode?)other)
                        : [item?.DeepClone()])]);
            }
            else if (value is JsonObject inner && key == "dynamic")
            {
                inner.Select(rule => rule.Key).ToList().ForEach(rule => Follow(rule, warn));
            }
            else if (value is JsonObject group)
            {
                Apply(group, warn);
            }
        }
    }

    // A name without a layer stays; one of a layer that is not there any more goes.
    private IEnumerable<string> Follow(string name, Action<string> warn)
    {
        if (name.IndexOfAny(['*', '^', '\\', '[', '(', ':']) >= 0)
        {
            if (name.AsSpan().IndexOfAnyInRange('0', '9') >= 0)
            {
                warn(name);
            }

            return [name];
        }

        if (LayerPair(name, name) is not var (layer, _))
        {
            return [name];
        }

        string stack = layer[..(layer.LastIndexOf('.') + 1)];
        return _layers.TryGetValue(layer, out List<string>? places) ? places.Select(place => place + name[layer.Length..])
            : _layers.Keys.Any(known => known[..(known.LastIndexOf('.') + 1)] == stack) ? []
            : [name];
    }

    // Up to the number in which two names differ; where they are equal, up to the first.
    private static (string From, string To)? LayerPair(string from, string to)
    {
        string[] one = from.Split('.');
        string[] two = to.Split('.');
        int last = one.Length != two.Length
            ? -1
            : Enumerable.Range(0, one.Length)
                .FirstOrDefault(i => one[i] != two[i], Array.FindIndex(one, part => part.Length > 0 && part.All(char.IsAsciiDigit)));
        return last < 0 ? null : (string.Join('.', one[..(last + 1)]), string.Join('.', two[..(last + 1)]));
    }
}
