using MergeHost.Architectures;
using MergeHost.Models;
using MergeHost.Plans;
using MergeHost.Recipes;

namespace MergeHost.Planning;

/// <summary>Finds models whose shapes or tokens do not go together; alignments have made those
/// alike that a recipe lists them for.</summary>
/// <remarks>Where a stage has alignments they answer for the tokens, and only shapes are compared.</remarks>
internal sealed class VocabularyPlanner(RecipeStage stage, IReadOnlyDictionary<string, InputModel> models, List<Problem> problems)
{
    private const string Hint =
        "Set `tokenizer_source: union` to keep the tokens of all models, or `tokenizer_source: base` or that of a model to keep one's.";

    private readonly HashSet<InputModel> _givers = [];

    /// <summary>The shape of a tensor of the output.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="inputs">What it is made from.</param>
    /// <returns><see langword="null"/> if the shapes do not go together; that is reported.</returns>
    public TensorShape? ShapeOf(string name, IReadOnlyList<InputTensor> inputs)
    {
        if (TensorRoles.IsByToken(name))
        {
            _givers.UnionWith(inputs.Select(input => input.Model));
        }

        TensorShape first = inputs[0].Tensor.Shape;
        InputTensor? other = inputs.FirstOrDefault(input => input.Tensor.Shape != first);
        if (other is null)
        {
            return first;
        }

        bool differByTokens = TensorRoles.IsByToken(name)
            && inputs.All(input => input.Tensor.Shape.Rank > 0 && input.Tensor.Shape.RowLength == first.RowLength);
        problems.Add(differByTokens
            ? new Problem(ErrorCodes.VocabularyMismatch,
                $"tensor '{name}' has rows for unlike numbers of "
                    + $"tokens: {string.Join(", ", inputs.Select(input => $"{input.Tensor.Shape[0]} in '{input.Model.Name}'"))}", Hint)
            : new Problem(ErrorCodes.ShapeMismatch,
                $"tensor '{name}': shape {other.Tensor.Shape} in '{other.Model.Name}', {first} in '{inputs[0].Model.Name}'",
                "Merge models of one size."));
        return null;
    }

    /// <summary>Compares the tokenizers of all models that give rows of a vocabulary.</summary>
    public void Check()
    {
        InputModel owner = models[stage.Donor.Name];
        InputModel[] others = stage.Align.Count > 0 ? [] : [.. _givers.Where(model => model != owner)];
        InputModel[] unlike = [.. others.Zip(Together.Select(others, model => Vocabulary.AreSame(owner, model))).Where(pair => !pair.Second)
            .Select(pair => pair.First)];
        if (unlike.Length == 0 || Vocabulary.Read(owner) is not { } own)
        {
            return;
        }

        foreach (InputModel model in unlike)
        {
            TextPlace? place = stage.Models.FirstOrDefault(reference => models[reference.Name] == model)?.Place;
            if (Vocabulary.Read(model) is not { } tokens)
            {
                continue;
            }

            if (own.Difference(tokens, owner.Name, model.Name) is { } difference)
            {
                problems.Add(new Problem(ErrorCodes.VocabularyMismatch,
                    $"'{model.Name}' and '{owner.Name}' have different tokens: {difference}", Hint, place));
            }
            else if (tokens.Difference(own, model.Name, owner.Name) is { } more)
            {
                problems.Add(new Problem(ErrorCodes.VocabularyMismatch,
                    $"the output gets the tokenizer of '{owner.Name}', and '{model.Name}' has more tokens: {more}",
                    "Set `tokenizer_source: union` to keep them, or `tokenizer_source: base` if that is meant.", place, Severity.Warning));
            }
        }
    }
}
