using System.Text.Json.Nodes;
using MergeHost.Architectures;
using MergeHost.Models;

namespace MergeHost.Planning.Layers;

/// <summary>Checks that <c>config.json</c> gives each layer of the output the tensors that it has, by their names and shapes.</summary>
/// <remarks>
/// Layers of the donor of which every field says the same must have the same tensors; what a field says of a layer of the output then
/// tells what tensors it must have. Where the known fields do not explain the donor's layers, that the first one is another may, as in
/// ModernBERT, and else the place does.
/// </remarks>
/// <param name="donor">Whose configuration the output gets.</param>
/// <param name="origins">Where each layer of the output comes from.</param>
/// <param name="tensors">The tensors of the output.</param>
internal sealed class LayerKinds(InputModel donor, IReadOnlyList<LayerOrigin> origins, IEnumerable<TensorInfo> tensors)
{
    private static readonly (string Name, Func<int, string> KindOf) _first = ("first layer", layer => layer == 0 ? "first" : "");

    /// <summary>The first layer of the output that configuration and tensors tell different things of.</summary>
    /// <param name="text">The output's configuration.</param>
    /// <returns><see langword="null"/> if there is none.</returns>
    public Problem? Check(JsonObject text)
    {
        if (donor.LayerCount == 0 || origins.Count == 0)
        {
            return null;
        }

        if (OfAllLayers() is { } shared)
        {
            return shared;
        }

        Dictionary<int, HashSet<string>> known = Layers(donor.Stored, donor.Stacks[0].Prefix, donor.LayerCount);
        Dictionary<int, HashSet<string>> written = Layers(tensors, LayerStack.Find(tensors)[0].Prefix, origins.Count);
        (IReadOnlyList<string> fields, Func<int, string> before, Func<int, string> after) = Explain(text, known);
        Dictionary<string, HashSet<string>> byKind = known.GroupBy(layer => before(layer.Key))
            .ToDictionary(group => group.Key, group => group.First().Value);
        for (int place = 0; place < origins.Count; place++)
        {
            HashSet<string> found = written.GetValueOrDefault(place, []);
            if (!byKind.TryGetValue(after(place), out HashSet<string>? expected) || !expected.SetEquals(found))
            {
                return Describe(place, expected, found, fields);
            }
        }

        return null;
    }

    // Gemma 3n has tensors outside of the layers that hold a part for each of them.
    private Problem? OfAllLayers()
    {
        if (LayerFields.Number(LayerFields.TextOf(donor.Config!), "hidden_size_per_layer_input") is not > 0
            || (origins.Count == donor.LayerCount && origins.Index().All(pair => pair.Index == pair.Item.Layer)))
        {
            return null;
        }

        TensorInfo? shared = tensors.FirstOrDefault(tensor => LayerTensorName.Parse(tensor.Name) is null
            && tensor.Name.Contains("per_layer", StringComparison.Ordinal) && tensor.Shape.Rank == 2);
        return shared is null ? null : new Problem(ErrorCodes.NotSupported,
            $"tensor '{shared.Name}' holds a part for each of the {donor.LayerCount} layers of '{donor.Name}', so that they cannot be "
                + "stacked or dropped",
            "Merge models of one depth by `models:`.");
    }

    // As few fields as tell the tensors of the donor's layers; none if all layers are alike, the place if no field tells.
    private (IReadOnlyList<string> Fields, Func<int, string> Before, Func<int, string> After) Explain(JsonObject text,
        Dictionary<int, HashSet<string>> known)
    {
        JsonObject donors = LayerFields.TextOf(donor.Config!);
        IReadOnlyList<(string Name, Func<int, string> KindOf)> before = LayerFields.Read(donors, donor.LayerCount);
        Dictionary<string, Func<int, string>> after = LayerFields.Read(text, origins.Count).Append(_first)
            .ToDictionary(field => field.Name, field => field.KindOf);
        List<(string Name, Func<int, string> KindOf)> needed = [.. before];
        if (!Explains(needed) && !Explains(needed = [.. before, _first]))
        {
            return ([], place => $"{place}", place => $"{place}");
        }

        foreach ((string Name, Func<int, string> KindOf) field in before)
        {
            List<(string, Func<int, string>)> fewer = [.. needed.Where(other => other.Name != field.Name)];
            needed = Explains(fewer) ? fewer : needed;
        }

        return (
            [.. needed.Select(field => field.Name)],
            layer => string.Join('|', needed.Select(field => field.KindOf(layer))),
            place => string.Join('|', needed.Select(field => after.GetValueOrDefault(field.Name)?.Invoke(place) ?? "")));

        bool Explains(List<(string Name, Func<int, string> KindOf)> fields) => known
            .GroupBy(layer => string.Join('|', fields.Select(field => field.KindOf(layer.Key))))
            .All(group => group.All(layer => layer.Value.SetEquals(group.First().Value)));
    }

    private Problem Describe(int place, HashSet<string>? expected, HashSet<string> found, IReadOnlyList<string> fields)
    {
        LayerOrigin origin = origins[place];
        string where = fields.Count > 0 ? string.Join(" and ", fields.Select(field => $"'{field}'")) : "the place of a layer";
        string what = expected is null ? "says nothing of this kind of layer"
            : expected.Except(found).FirstOrDefault() is { } missing
                ? $"asks for '{missing}' there"
                : $"has no '{found.Except(expected).First()}' there";
        return new Problem(ErrorCodes.BadConfig,
            $"layer {place} of the output is layer {origin.Layer} of '{origin.Model.Name}'; by {where}, the config.json of "
                + $"'{donor.Name}' {what}",
            "Choose each `layer_range:` so that every kind of layer comes where config.json can say it.");
    }

    // The tensors of each layer without the numbers of experts, with their shapes.
    private static Dictionary<int, HashSet<string>> Layers(IEnumerable<TensorInfo> stored, string prefix, int count) => stored
        .Where(tensor => !TensorRoles.IsBuffer(tensor.Name))
        .Select(tensor => (Name: LayerTensorName.Parse(tensor.Name), tensor.Shape))
        .Where(pair => pair.Name is { } name && name.Stack == prefix && name.Layer < count)
        .GroupBy(pair => pair.Name!.Value.Layer)
        .ToDictionary(
            layer => layer.Key,
            layer => layer.Select(pair => $"{WithoutNumbers(pair.Name!.Value.Rest)} {pair.Shape}").ToHashSet());

    private static string WithoutNumbers(string rest) =>
        string.Join('.', rest.Split('.', StringSplitOptions.RemoveEmptyEntries).Select(part => part.All(char.IsAsciiDigit) ? "N" : part));
}
