using System.Text.Json.Nodes;
using MergeHost.Checkpoints;
using MergeHost.Models;

namespace MergeHost.Planning.Layers;

/// <summary>Sets the fields of <c>config.json</c> that tell of single layers to what the layers of the
/// output are, where a field can say it.</summary>
/// <param name="donor">Whose configuration the output gets.</param>
/// <param name="origins">Where each layer of the output comes from.</param>
/// <param name="section">The part of configurations that tells of these layers.</param>
internal sealed class LayerRenumbering(InputModel donor, IReadOnlyList<LayerOrigin> origins, LayerSection section)
{
    /// <summary>Sets the fields.</summary>
    /// <param name="text">The output's configuration; so far the donor's.</param>
    public void Apply(JsonObject text)
    {
        JsonObject before = (JsonObject)text.DeepClone();
        foreach (string key in section.CountKeys(text))
        {
            text[key] = origins.Count;
        }

        if (donor.LayerCount == 0 || !section.HasFields)
        {
            return;
        }

        foreach ((string key, JsonNode? value) in before)
        {
            if (LayerFields.IsEntryList(key, value, donor.LayerCount))
            {
                SetEntries(text, key, value!);
            }
            else if (LayerFields.IsNumberList(key, value, donor.LayerCount))
            {
                text[key] = Places(origin => LayerFields.Numbers(FieldOf(origin, key) ?? value)!.Contains(origin.Layer));
            }
        }

        foreach (string key in LayerFields.Leading.Where(key => LayerFields.Number(before, key) is not null))
        {
            text[key] = origins.TakeWhile(origin => origin.Layer < NumberOf(origin, before, key)).Count();
        }

        if (LayerFields.Number(before, "moe_layer_end_index") is >= 0 and { } last)
        {
            text["moe_layer_end_index"] = origins.Select((origin, place) => (origin, place))
                .LastOrDefault(pair => pair.origin.Layer <= last).place;
        }

        foreach ((string period, string offset) in LayerFields.Periods.Where(rule => LayerFields.Number(before, rule.Period) > 0))
        {
            SetPeriod(text, before, period, offset);
        }

        foreach ((string step, string? list) in LayerFields.Steps.Where(rule => LayerFields.Number(before, rule.Step) > 1))
        {
            SetStep(text, before, step, list);
        }

        foreach (string key in LayerFields.Nested)
        {
            if (text["linear_attn_config"] is JsonObject linear && LayerFields.Numbers(linear[key]) is { } numbers)
            {
                linear[key] = new JsonArray([.. origins.Index().Where(pair => numbers.Contains(pair.Item.Layer + 1))
                    .Select(pair => (JsonNode)(pair.Index + 1))]);
            }
        }
    }

    private void SetEntries(JsonObject text, string key, JsonNode value) => text[key] = value is JsonArray list
        ? new JsonArray([.. origins.Select(origin => Entry(FieldOf(origin, key) as JsonArray ?? list, origin.Layer))])
        : string.Concat(origins.Select(origin => value.AsText()!.ElementAtOrDefault(origin.Layer)));

    private static JsonNode? Entry(JsonArray list, int layer) => layer < list.Count ? list[layer]?.DeepClone() : null;

    // The same period with another offset where that will do, else any that fits.
    private void SetPeriod(JsonObject text, JsonObject before, string period, string offset)
    {
        int every = LayerFields.Number(before, period)!.Value;
        int first = LayerFields.Number(before, offset) ?? 0;
        bool[] wanted = [.. origins.Select(origin => LayerFields.IsAt(origin.Layer, every, first))];
        IEnumerable<(int Period, int Offset)> rules = Enumerable.Range(1, origins.Count + 1).Prepend(every)
            .SelectMany(length => Enumerable.Range(0, length).Select(start => (length, start))).Prepend((every, first));
        foreach ((int length, int start) in rules.Where(rule => Fits(wanted, rule.Period, rule.Offset)).Take(1))
        {
            text[period] = length;
            text[offset] = start;
        }
    }

    // A rule that no longer holds gives way to the list that goes before it.
    private void SetStep(JsonObject text, JsonObject before, string step, string? list)
    {
        int every = LayerFields.Number(before, step)!.Value;
        bool[] wanted = [.. origins.Select(origin => LayerFields.IsAt(origin.Layer, every, every - 1))];
        if (Fits(wanted, every, every - 1))
        {
            return;
        }

        switch (list)
        {
            case "moe_layers" when before[list] is null:
                text[list] = Places(origin => LayerFields.IsAt(origin.Layer, every, every - 1));
                break;
            case "layer_types" when before[list] is null:
                text[list] = new JsonArray([.. wanted.Select(isFull => (JsonNode)(isFull ? "full_attention" : "linear_attention"))]);
                break;
            case null when step == "decoder_sparse_step":
                IReadOnlyList<int> dense = LayerFields.Numbers(before["mlp_only_layers"]) ?? [];
                text[step] = 1;
                text["mlp_only_layers"] = Places(origin => dense.Contains(origin.Layer)
                    || !LayerFields.IsAt(origin.Layer, every, every - 1));
                break;
        }
    }

    private static bool Fits(bool[] wanted, int period, int offset) =>
        wanted.Index().All(pair => LayerFields.IsAt(pair.Index, period, offset) == pair.Item);

    private JsonArray Places(Func<LayerOrigin, bool> isIn) =>
        new([.. origins.Index().Where(pair => isIn(pair.Item)).Select(pair => (JsonNode)pair.Index)]);

    private int NumberOf(LayerOrigin origin, JsonObject before, string key) =>
        (SectionOf(origin) is { } fields ? LayerFields.Number(fields, key) : null) ?? LayerFields.Number(before, key)!.Value;

    // What a layer is, its own model's configuration tells, if it has the field in the same form.
    private JsonNode? FieldOf(LayerOrigin origin, string key)
    {
        JsonNode? field = SectionOf(origin)?[key];
        bool isUsable = LayerFields.IsEntryList(key, field, origin.Model.LayerCount)
            || LayerFields.IsNumberList(key, field, origin.Model.LayerCount);
        return isUsable ? field : null;
    }

    private JsonObject? SectionOf(LayerOrigin origin) => origin.Model.Config is { } config ? section.Find(config) : null;
}

/// <summary>A layer of a model that became a layer of the output.</summary>
internal sealed record LayerOrigin(InputModel Model, int Layer);
