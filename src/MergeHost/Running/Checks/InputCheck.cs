using MergeHost.Architectures;
using MergeHost.Checkpoints;
using MergeHost.Models;
using MergeHost.Plans;
using MergeHost.Running.Data;

namespace MergeHost.Running.Checks;

/// <summary>What only the data of the inputs can tell, found out before the first tensor is written.</summary>
/// <remarks>
/// Whole numbers and truth values must be equal in all models, unless the recipe keeps those of the first. A source that takes part must
/// differ from the base. Of large tensors a run is read first, so that the check of sources that differ reads next to nothing.
/// </remarks>
/// <param name="stage">The stage.</param>
/// <param name="open">Opens a model.</param>
/// <param name="cancellation">Asks to stop.</param>
internal sealed class InputCheck(StagePlan stage, Func<InputModel, ICheckpointReader> open, CancellationToken cancellation)
{
    private readonly TensorComparison _comparison = new(cancellation);

    /// <summary>Whether every model of a stage is stored, so that it can be checked before anything runs.</summary>
    public static bool CanRun(StagePlan stage) => stage.Models.All(model => model.IsMade);

    /// <summary>Checks the stage.</summary>
    /// <returns>What is odd.</returns>
    /// <exception cref="MergeHostException">Whole numbers differ, or a source is the base.</exception>
    /// <exception cref="OperationCanceledException">Stopped.</exception>
    public IReadOnlyList<Problem> Run()
    {
        List<Problem> problems = [.. Integers(), .. Unchanged()];
        return problems.Exists(problem => problem.Severity == Severity.Error) ? throw new MergeHostException(problems) : problems;
    }

    private IEnumerable<Problem> Integers()
    {
        List<(TensorPlan Plan, InputTensor Other)> unlike = [];
        foreach (TensorPlan plan in stage.Tensors.Where(plan => !stage.Stage.KeepsFirstIntegers
            && plan.Output.DType.Kind is not (DTypeKind.Float or DTypeKind.Quantized)
            && plan.Copied is not null && !TensorRoles.IsBuffer(plan.Output.Name)))
        {
            unlike.AddRange(plan.Inputs.Where(input => input != plan.Copied && !AreEqual(input, plan.Copied!, plan.Output.ElementCount))
                .Take(1)
                    .Select(other => (plan, other)));
        }

        if (unlike.Count > 0)
        {
            (TensorPlan plan, InputTensor other) = unlike[0];
            string more = unlike.Count > 1 ? $" and {unlike.Count - 1} more" : "";
            yield return new Problem(ErrorCodes.IntegersDiffer,
                $"tensor '{plan.Output.Name}'{more}: the {plan.Output.DType} values of '{other.Model.Name}' differ from those of "
                    + $"'{plan.Copied!.Model.Name}', and cannot be merged",
                $"Set `integers: first` to keep those of '{plan.Copied.Model.Name}'.", PlaceOf(other.Model));
        }
    }

    private IEnumerable<Problem> Unchanged() =>
        stage.Selection is not null
            ? []
            : stage.MustChange.Where(pair => IsBase(pair.Key, pair.Value)).Select(pair => pair.Key).Select(model => new Problem(
                ErrorCodes.ModelUnchanged,
                $"'{model.Name}' changes nothing: all its tensors that are merged equal those of base "
                    + $"'{stage.Tensors.First(plan => plan.Base is not null).Base!.Model.Name}'",
                ChangeCheck.Hint([model]), PlaceOf(model), stage.Unchanged));

    // A tensor without a base shows what the source is by itself.
    private bool IsBase(InputModel model, HashSet<string> tensors)
    {
        List<ComparedInput> pairs =
        [
            .. stage.Tensors.Where(plan => tensors.Contains(plan.Output.Name))
                .SelectMany(plan => plan.Read.Where(input => input.Model == model && input != plan.Base)
                    .Select(input => new ComparedInput(input, plan.Base, plan.Output.ElementCount))),
        ];
        return pairs.Count > 0
            && pairs.TrueForAll(pair => pair.Base is not null
                && AreEqual(pair.Source, pair.Base, Math.Min(pair.Elements, TensorDigest.UnitElements)))
            && pairs.TrueForAll(pair => AreEqual(pair.Source, pair.Base!, pair.Elements));
    }

    private bool AreEqual(InputTensor one, InputTensor other, long elements) =>
        _comparison.AreEqual((open(one.Model), one.Tensor), (open(other.Model), other.Tensor), elements);

    private TextPlace? PlaceOf(InputModel model) => stage.Stage.Models.FirstOrDefault(reference => reference.Name == model.Name)?.Place;

    private sealed record ComparedInput(InputTensor Source, InputTensor? Base, long Elements);
}
