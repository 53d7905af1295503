using MergeHost.Models;
using MergeHost.Planning.Names;
using MergeHost.Recipes;

namespace MergeHost.Planning.Mapping;

/// <summary>Gathers the tensors that only some models have, and tells what became of them.</summary>
/// <param name="rule">What the recipe says of such tensors.</param>
/// <param name="problems">Receives what is wrong or worth knowing.</param>
internal sealed class LackingTensors(MissingRule rule, List<Problem> problems)
{
    private readonly Dictionary<(InputModel Model, InputModel Other), List<string>> _missing = [];
    private readonly Dictionary<(InputModel Model, string Tensor), string> _leftOut = [];
    private readonly List<(InputModel Model, string Tensor)> _kept = [];
    private readonly List<string> _skipped = [];
    private readonly List<string> _merged = [];

    /// <summary>What the recipe says.</summary>
    public MissingRule Rule => rule;

    /// <summary>Whether the recipe lets models differ.</summary>
    public bool IsLenient => rule is MissingRule.Base or MissingRule.Skip or MissingRule.Single;

    /// <summary>The tensors of models that nothing is made from for that reason, each with the name of the rule.</summary>
    public IReadOnlyDictionary<(InputModel Model, string Tensor), string> LeftOut => _leftOut;

    /// <summary>Notes that a tensor is one model's alone, and that others' are not read.</summary>
    public void Keep(InputModel model, string output, IEnumerable<(InputModel Model, string Tensor)> others)
    {
        _kept.Add((model, output));
        LeaveOut(others.Where(other => other.Model != model));
    }

    /// <summary>Notes that a tensor is not in the output.</summary>
    public void Skip(string output, IEnumerable<(InputModel Model, string Tensor)> having)
    {
        _skipped.Add(output);
        LeaveOut(having);
    }

    /// <summary>Notes that a tensor is merged from some of the models.</summary>
    public void Merge(string output) => _merged.Add(output);

    /// <summary>Notes that a model lacks a tensor that another has, and that nothing can be done.</summary>
    public void Refuse(InputModel model, string name, InputModel other)
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

    /// <summary>Tells what was noted since the last time.</summary>
    public void Report()
    {
        foreach (IGrouping<InputModel, string> kept in _kept.GroupBy(kept => kept.Model, kept => kept.Tensor))
        {
            Warn(rule == MissingRule.Usual
                ? $"only base '{kept.Key.Name}' has tensor {Some([.. kept])}, which the output keeps"
                : $"not all models have tensor {Some([.. kept])}, which is that of '{kept.Key.Name}' by `missing: {Word}`");
        }

        if (_skipped.Count > 0)
        {
            Warn($"not all models have tensor {Some(_skipped)}, which the output lacks by `missing: {Word}`");
        }

        if (_merged.Count > 0)
        {
            Warn($"not all models have tensor {Some(_merged)}, which is merged from those that have it by `missing: {Word}`");
        }

        ReportMissing();
        _kept.Clear();
        _skipped.Clear();
        _merged.Clear();
        _missing.Clear();
    }

    private string Word => $"{rule}".ToLowerInvariant();

    private void LeaveOut(IEnumerable<(InputModel Model, string Tensor)> tensors)
    {
        foreach ((InputModel model, string tensor) in tensors)
        {
            _leftOut[(model.Whole, tensor)] = $"missing_{Word}";
        }
    }

    private void Warn(string message) => problems.Add(new Problem(ErrorCodes.CheckpointOddity, message, null, null, Severity.Warning));

    private void ReportMissing()
    {
        HashSet<(InputModel, InputModel)> told = [];
        foreach (((InputModel model, InputModel other), List<string> names) in _missing)
        {
            List<string> back = _missing.GetValueOrDefault((other, model)) ?? [];
            if (ExpertNaming.Differ(names, back, out string? single, out string? fused)
                || ExpertNaming.Differ(back, names, out single, out fused))
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
                "Merge models of one architecture, or say by `missing: base`, `skip` or `single` what becomes of such tensors."));
        }
    }

    private static string Some(List<string> names) =>
        $"{string.Join(", ", names.Take(3).Select(name => $"'{name}'"))}{(names.Count > 3 ? $" and {names.Count - 3} more" : "")}";
}
