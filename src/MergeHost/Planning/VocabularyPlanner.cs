using MergeHost.Models;
using MergeHost.Plans;
using MergeHost.Recipes;
using MergeHost.Storage.Text;

namespace MergeHost.Planning;

/// <summary>Decides the shape of each tensor of the output; only the number of tokens may differ between models.</summary>
/// <remarks>
/// Tokenizers are compared wherever both are there: without a tokenizer setting they must be the same, and rows that merely fill up are cut to
/// those that all models have, with a warning. With one, the rows are those of the model whose tokenizer is taken, padding and all; the others
/// must have the same tokens at the same places. mergekit cuts the rows to the number of tokens.
/// </remarks>
internal sealed class VocabularyPlanner
{
    private const string Union = "union";

    private readonly RecipeStage _stage;
    private readonly List<Problem> _problems;
    private readonly InputModel? _tokenizerModel;
    private readonly IReadOnlyDictionary<string, InputModel> _models;
    private readonly HashSet<InputModel> _givers = [];
    private readonly Dictionary<InputModel, Vocabulary?> _read = [];

    public VocabularyPlanner(RecipeStage stage, IReadOnlyDictionary<string, InputModel> models, List<Problem> problems)
    {
        _stage = stage;
        _problems = problems;
        _tokenizerModel = FindTokenizerModel(stage, models, problems);
        _models = models;
    }

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

        bool differByTokens = TensorRoles.IsByToken(name) && inputs.All(input => input.Tensor.Shape.Rank == 2 && input.Tensor.Shape[1] == first[1]);
        if (!differByTokens)
        {
            _problems.Add(new Problem(ErrorCodes.ShapeMismatch,
                $"tensor '{name}': shape {other.Tensor.Shape} in '{other.Model.Name}', {first} in '{inputs[0].Model.Name}'",
                "Merge models of one size."));
            return null;
        }

        if (_tokenizerModel is not null && inputs.FirstOrDefault(input => input.Model == _tokenizerModel) is { } wanted)
        {
            return RowsOf(name, wanted, inputs);
        }

        long rows = inputs.Min(input => input.Tensor.Shape[0]);
        string counts = string.Join(", ", inputs.Select(input => $"{input.Tensor.Shape[0]} in '{input.Model.Name}'"));
        _problems.Add(new Problem(ErrorCodes.VocabularyMismatch, $"tensor '{name}' has rows for unlike numbers of tokens ({counts}); the first {rows} are merged",
            "Set `tokenizer_source: base`, or a model, to say whose vocabulary the result gets.", null, Severity.Warning));
        return [rows, first[1]];
    }

    // The model whose tokenizer the recipe asks for, or null.
    private static InputModel? FindTokenizerModel(RecipeStage stage, IReadOnlyDictionary<string, InputModel> models, List<Problem> problems)
    {
        if (stage.TokenizerSource is not { } source)
        {
            return null;
        }

        string? name = source.Text switch
        {
            "base" => stage.BaseModel?.Name,
            Union => (stage.BaseModel ?? stage.Slices[0].Sources[0].Model).Name,
            _ => source.Text,
        };
        if (name is not null && models.TryGetValue(name, out InputModel? model))
        {
            return model;
        }

        problems.Add(name is null
            ? new Problem(ErrorCodes.SourceCount, "the tokenizer is to be the base's, and no base is named", "Add `base_model:`, or name a model.", source.Place)
            : new Problem(ErrorCodes.ModelNotFound, $"tokenizer source '{name}' is none of the models of this merge",
                Suggestion.Hint(name, models.Keys.Append("base"), "Name one of the models, or `base`."), source.Place));
        return null;
    }

    private TensorShape? RowsOf(string name, InputTensor wanted, IReadOnlyList<InputTensor> inputs)
    {
        InputTensor? shorter = inputs.FirstOrDefault(input => input.Tensor.Shape[0] < wanted.Tensor.Shape[0]);
        if (shorter is null)
        {
            return wanted.Tensor.Shape;
        }

        _problems.Add(new Problem(ErrorCodes.NotSupported,
            $"tensor '{name}': '{shorter.Model.Name}' has {shorter.Tensor.Shape[0]} rows, the tokenizer of '{wanted.Model.Name}' needs {wanted.Tensor.Shape[0]}",
            "Take the tokenizer of the model with the fewest tokens; rows cannot be made up yet."));
        return null;
    }

    /// <summary>Compares the tokenizers of all models that give rows of a vocabulary, and finds tokens that have no row.</summary>
    /// <returns>The model whose tokenizer the output gets.</returns>
    public InputModel Check(IReadOnlyList<TensorPlan> plans)
    {
        InputModel owner = OwnerOf(plans);
        InputModel[] others = [.. _givers.Where(model => model != owner)];
        if (_tokenizerModel is not null)
        {
            CheckSource(_tokenizerModel, others, _stage.TokenizerSource!);
        }
        else if (others.Where(other => !Vocabulary.AreSame(owner, other)).ToArray() is { Length: > 0 } unlike && TokensOf(owner) is { } own)
        {
            CheckOthers(owner, own, [.. Read(unlike)]);
        }

        // Rows of tokens are cut for no one; those that fill up go.
        if (RowsOf(plans) is { } rows && rows < RowsOf(owner) && TokensOf(owner) is { } vocabulary && vocabulary.LastId >= rows)
        {
            _problems.Add(new Problem(ErrorCodes.VocabularyMismatch, $"the tokenizer of '{owner.Name}' has ids up to {vocabulary.LastId}, and the output's embedding {rows} rows",
                "Set `tokenizer_source:` to the model with the fewest tokens."));
        }

        return owner;
    }

    // The one that the recipe names, or the base, or the first. Where no base is named none goes before the others: if the first has tokens that
    // are cut, it is one whose tokens all have.
    private InputModel OwnerOf(IReadOnlyList<TensorPlan> plans)
    {
        InputModel donor = _models[_stage.Donor.Name];
        if (_tokenizerModel is not null)
        {
            return _tokenizerModel;
        }

        bool isFirstOfEquals = _stage.BaseModel is null && RowsOf(plans) is { } rows && rows < RowsOf(donor) && TokensOf(donor)?.LastId >= rows
            && !SpecialTokens.Without(donor.Config, rows).Any() && !SpecialTokens.Without(donor.ReadJson("generation_config.json"), rows).Any();
        return (isFirstOfEquals ? Common([.. Read([donor, .. Others(plans, donor)])]) : null) ?? donor;
    }

    private static IEnumerable<InputModel> Others(IReadOnlyList<TensorPlan> plans, InputModel owner) =>
        plans.Where(plan => TensorRoles.IsByToken(plan.Output.Name)).SelectMany(plan => plan.Read).Select(input => input.Model).Distinct().Where(model => model != owner);

    private Vocabulary? TokensOf(InputModel model)
    {
        if (!_read.TryGetValue(model, out Vocabulary? tokens))
        {
            _read.Add(model, tokens = Vocabulary.Read(model));
        }

        return tokens;
    }

    private IEnumerable<(InputModel Model, Vocabulary Tokens)> Read(IEnumerable<InputModel> models) =>
        from model in models let tokens = TokensOf(model) where tokens is not null select (model, tokens);

    private static InputModel? Common((InputModel Model, Vocabulary Tokens)[] all) =>
        all.FirstOrDefault(one => all.All(other => one.Tokens.Difference(other.Tokens, "", "") is null)).Model;

    private static long? RowsOf(InputModel model) => TensorRoles.RowsOfEmbedding(model.Stored);

    private static long? RowsOf(IReadOnlyList<TensorPlan> plans) => TensorRoles.RowsOfEmbedding(plans.Select(plan => plan.Output));

    private void CheckOthers(InputModel owner, Vocabulary own, (InputModel Model, Vocabulary Tokens)[] others)
    {
        string? common = Common([(owner, own), .. others])?.Name;
        foreach ((InputModel model, Vocabulary tokens) in others)
        {
            TextPlace? place = _stage.Models.FirstOrDefault(reference => reference.Name == model.Name)?.Place;
            if (own.Difference(tokens, owner.Name, model.Name) is { } difference)
            {
                _problems.Add(new Problem(ErrorCodes.VocabularyMismatch, $"'{model.Name}' and '{owner.Name}' have different tokens: {difference}",
                    common is null ? "Merge models of one tokenizer." : $"Set `tokenizer_source: {common}`, whose tokens all models have.", place));
            }
            else if (tokens.Difference(own, model.Name, owner.Name) is { } more)
            {
                _problems.Add(new Problem(ErrorCodes.VocabularyMismatch, $"the output gets the tokenizer of '{owner.Name}', and '{model.Name}' has more tokens: {more}",
                    $"Set `tokenizer_source: {owner.Name}` if that is meant.", place, Severity.Warning));
            }
        }
    }

    private void CheckSource(InputModel wanted, IEnumerable<InputModel> models, YamlScalar source)
    {
        Vocabulary? vocabulary = TokensOf(wanted);
        foreach (InputModel model in models)
        {
            if (vocabulary is null || TokensOf(model) is not { } other)
            {
                string which = vocabulary is null ? wanted.Name : model.Name;
                _problems.Add(new Problem(ErrorCodes.CheckpointOddity, $"'{which}' has no tokenizer.json, so its tokens are taken to be those of the others",
                    null, source.Place, Severity.Warning));
            }
            else if (vocabulary.Difference(other, wanted.Name, model.Name) is { } difference)
            {
                _problems.Add(new Problem(ErrorCodes.NotSupported, $"'{model.Name}' and '{wanted.Name}' have different tokens: {difference}",
                    "Rows cannot be put in another order yet; merge models of one tokenizer.", source.Place));
            }
            else if (source.Text == Union && other.Difference(vocabulary, model.Name, wanted.Name) is { } added)
            {
                _problems.Add(new Problem(ErrorCodes.NotSupported, $"a union of different tokenizers is not supported yet: {added}",
                    "Write `base`, or name a model.", source.Place));
            }
        }
    }
}
