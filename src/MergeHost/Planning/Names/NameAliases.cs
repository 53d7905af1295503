using MergeHost.Models;

namespace MergeHost.Planning.Names;

/// <summary>Finds the tensors of models whose names differ from another's by a prefix only, as
/// wrappers and saving programs leave them.</summary>
internal sealed class NameAliases
{
    // What torch.compile, data parallelism and checkpointing put between the parts of a name.
    private static readonly string[] _wrappers = ["module", "_orig_mod", "_fsdp_wrapped_module", "_checkpoint_wrapped_module",
        "_forward_module"];

    // What programs put before a model's names, in any order.
    private static readonly string[] _prefixes = ["base_model", "model", "language_model", "text_model", "transformer"];

    private readonly Dictionary<InputModel, Dictionary<string, string>> _stored = [];
    private readonly HashSet<(InputModel Model, string Stored)> _taken = [];

    /// <param name="naming">The model whose names the output gets.</param>
    /// <param name="models">The models.</param>
    /// <param name="problems">Told of each model that has other prefixes.</param>
    public NameAliases(InputModel naming, IEnumerable<InputModel> models, List<Problem> problems)
    {
        foreach (InputModel model in models.Where(model => model != naming).Distinct())
        {
            Dictionary<string, string> stored = Match(naming, model);
            _stored.Add(model, stored);
            foreach ((string name, string other) in stored)
            {
                _taken.Add((model, other));
            }

            if (stored.Count > 0)
            {
                (string name, string other) = stored.First();
                problems.Add(new Problem(ErrorCodes.CheckpointOddity,
                    $"'{model.Name}' and '{naming.Name}' name {stored.Count} tensors by other prefixes; they are taken as the same, "
                        + $"'{other}' as '{name}'",
                    null, null, Severity.Warning));
            }
        }
    }

    /// <summary>The tensor of a model that a name of the output means; for a tied head, the embedding.</summary>
    public TensorInfo? Find(InputModel model, string name) =>
        _stored.GetValueOrDefault(model)?.GetValueOrDefault(name) is { } stored ? model.Tensors[stored] : model.Find(name);

    /// <summary>Whether a model's tensor is found by another name.</summary>
    public bool IsAlias(InputModel model, string stored) => _taken.Contains((model, stored));

    // Where names fit without one, no prefix is looked for.
    private static Dictionary<string, string> Match(InputModel naming, InputModel model)
    {
        List<string> missing = [.. naming.Stored.Select(tensor => tensor.Name).Where(name => !model.Tensors.ContainsKey(name))];
        List<string> extra = [.. model.Stored.Select(tensor => tensor.Name).Where(name => !naming.Tensors.ContainsKey(name))];
        if (missing.Count == 0 || extra.Count == 0)
        {
            return [];
        }

        Dictionary<string, string> found = ByPlainNames(missing, extra);
        return found.Count > 0 || missing.Count < naming.Stored.Count
            ? found
            : ByPrefix(missing, extra) ?? Swapped(ByPrefix(extra, missing)) ?? found;
    }

    // A plain name that two tensors share tells nothing of either.
    private static Dictionary<string, string> ByPlainNames(List<string> missing, List<string> extra)
    {
        Dictionary<string, string> plain = extra.GroupBy(Plain).Where(group => group.Count() == 1)
            .ToDictionary(group => group.Key, group => group.First());
        return missing.GroupBy(Plain).Where(group => group.Count() == 1 && plain.ContainsKey(group.Key))
            .ToDictionary(group => group.First(), group => plain[group.Key]);
    }

    // Any prefix will do that stands before every name.
    private static Dictionary<string, string>? ByPrefix(List<string> names, List<string> prefixed)
    {
        string? first = prefixed.FirstOrDefault(name => name.EndsWith('.' + names[0], StringComparison.Ordinal));
        string prefix = first?[..^names[0].Length] ?? "";
        HashSet<string> all = [.. prefixed];
        return prefix.Length > 0 && names.Count == prefixed.Count && names.TrueForAll(name => all.Contains(prefix + name))
            ? names.ToDictionary(name => name, name => prefix + name)
            : null;
    }

    private static Dictionary<string, string>? Swapped(Dictionary<string, string>? names) =>
        names?.ToDictionary(pair => pair.Value, pair => pair.Key);

    private static string Plain(string name) =>
        string.Join('.', name.Split('.').Where(part => !_wrappers.Contains(part)).SkipWhile(part => _prefixes.Contains(part)));
}
