using MergeHost.Plugins.Packings.Writing;

namespace MergeHost.Plugins.Packings;

/// <summary>Finds the tensors that each weight of a packed checkpoint is stored in, by their names.</summary>
internal static class WeightParts
{
    private static readonly char[] _separators = ['.', '_'];

    /// <summary>The tensors by the names of plain weights, codes first; ranges of activations are
    /// with the weights that they go with.</summary>
    public static Dictionary<string, List<TensorInfo>> Find(PackedModel model)
    {
        Dictionary<string, List<TensorInfo>> parts = [];
        Dictionary<string, string> byStem = [];
        Dictionary<string, string> byModule = [];
        foreach ((string codes, Reading.PackedWeight weight) in model.Weights)
        {
            string name = weight.Plain.Name;
            string stem = WeightForm.StemOf(name);
            parts.Add(name, [model.Find(codes)!]);
            byStem[stem] = name;
            for (int dot = stem.LastIndexOf('.'); dot > 0
                && stem.AsSpan(0, dot).IndexOfAnyInRange('0', '9') >= 0; dot = stem.LastIndexOf('.', dot - 1))
            {
                byModule.TryAdd(stem[..dot], name);
            }
        }

        HashSet<string> codesNames = [.. model.Weights.Select(weight => weight.Codes)];
        foreach (TensorInfo tensor in model.Checkpoint.Tensors
            .Where(tensor => model.IsConsumed(tensor.Name) && !codesNames.Contains(tensor.Name)))
        {
            if (Owner(tensor.Name, byStem, byModule) is { } owner)
            {
                parts[owner].Add(tensor);
            }
        }

        return parts;
    }

    // The longest beginning that is a weight's, else that of a module with weights: k_scale goes with attention.
    private static string? Owner(string name, Dictionary<string, string> byStem, Dictionary<string, string> byModule)
    {
        for (int end = name.LastIndexOfAny(_separators); end > 0; end = name.LastIndexOfAny(_separators, end - 1))
        {
            if (byStem.TryGetValue(name[..end], out string? owner) || (name[end] == '.' && byModule.TryGetValue(name[..end], out owner)))
            {
                return owner;
            }
        }

        return null;
    }
}
