using System.Text.Json.Nodes;
using MergeHost.Alignments;
using MergeHost.Checkpoints;
using MergeHost.Kernels.DTypes;
using MergeHost.Plugins.Vocabulary.Reports;
using MergeHost.Plugins.Vocabulary.Rows;
using MergeHost.Plugins.Vocabulary.Tokens;
using MergeHost.Tokenizers;

namespace MergeHost.Plugins.Vocabulary;

/// <summary>
/// Gives models with different tokenizers one vocabulary: rows of embedding and head are gathered by token, and a model that lacks a token
/// gets a row for it by rule: the recipe's, that of the only model that has it, the base's, or the mean of those that have it.
/// </summary>
/// <remarks>Rows and rules are those of mergekit 0.1.5; ids are always the same, and pieces of other models
/// stay pieces. See the plugin's README.</remarks>
[ModelAlignment("vocabulary")]
public sealed class VocabularyAlignment : IModelAlignment<VocabularyOptions>
{
    private const string Base = "base";
    private const string Union = "union";

    // As older versions of mergekit wrote the name of a model.
    private const string ModelPrefix = "model:";

    /// <inheritdoc/>
    public AlignedModels Align(AlignmentContext context, VocabularyOptions options)
    {
        long[] rows = [.. context.Models.Select(model => TokenTensor.RowsOf(model.Checkpoint, context.RoleOf) ?? 0)];
        ModelTokens?[] read = [.. context.Models.Select(model => ModelTokens.Read(model.Name, model.Checkpoint.Companions, context.Warn))];
        (ModelTokens? ownerTokens, long ownerRows, JsonObject? config) = FindOwner(context, options, read, rows);
        ModelTokens[] models = [.. read.Select((tokens, index) => tokens ?? Substitute(context, index, ownerTokens, read, rows))];
        ModelTokens owner = ownerTokens ?? models[0].For(context.Models[0].Name);
        OutputVocabulary vocabulary = OutputVocabulary.Of(owner, ownerRows);
        WarnOfKinds(context, owner, models, isUnion: options.Source == Union);
        if (options.Source == Union)
        {
            vocabulary.Join([.. models.Zip(rows).Where(model => model.First != owner)]);
        }

        GivenRows given = GivenRows.Read(options.Tokens, context, models, rows);
        foreach (string token in given.Tokens)
        {
            vocabulary.Add(token);
        }

        int count = RowsOf(vocabulary, options, rows[0]);
        Dictionary<string, RowPlan> plans = [];
        TokenTensor[] tensors = [.. TokenTensor.Find(context)];
        ICheckpointReader[] aligned = Apply(context, tensors, tensor => PlanOf(tensor, plans, vocabulary, models, given, context, count));
        RoundTripStart start = RoundTripStart.Of(models[0], vocabulary);
        IReadOnlyList<CompanionFile> files = [.. TokenizerWriter.Write(vocabulary),
            .. SpecialIds.Generation(vocabulary, context.Models[0].Checkpoint.Companions)];
        RoundTrip roundTrip = RoundTrip.Measure(start, vocabulary, files, options);
        VocabularyReport report = new(options.Source, vocabulary, models, rows, ownerRows, plans.Values.FirstOrDefault(), roundTrip);
        report.Warn(context);
        return new AlignedModels
        {
            Checkpoints = aligned,
            Companions = files,
            TokenizerOwner = owner.Name,
            Config = SpecialIds.Config(vocabulary, config, context.Models[0].Checkpoint.Companions, count),
            Lines = report.Lines,
            Report = report.ToJson(),
        };
    }

    private static (ModelTokens? Tokens, long Rows, JsonObject? Config) FindOwner(
        AlignmentContext context, VocabularyOptions options, ModelTokens?[] read, long[] rows)
    {
        string name = options.Source.StartsWith(ModelPrefix, StringComparison.Ordinal)
            ? options.Source[ModelPrefix.Length..]
            : options.Source;
        if (name == Base && context.Base is null)
        {
            context.Warn(new Problem(ErrorCodes.SourceCount,
                $"the tokenizer is to be the base's, and no base is named: it is that of '{context.Models[0].Name}', the first model",
                "Add `base_model:`, or name a model."));
        }

        StageModel? model = name is Base or Union ? context.Models[0] : context.Find(name);
        if (model is not null)
        {
            int index = context.Models.ToList().IndexOf(model);
            return (read[index], rows[index], ModelTokens.ReadJson(model.Name, model.Checkpoint.Companions, "config.json"));
        }

        ICheckpointReader other = context.Open(name);
        return ModelTokens.Read(name, other.Companions, context.Warn) is { } tokens
            ? (tokens, TokenTensor.RowsOf(other, context.RoleOf) ?? long.MaxValue,
                ModelTokens.ReadJson(name, other.Companions, "config.json"))
            : throw new MergeHostException([new Problem(ErrorCodes.BadConfig, $"'{name}' has no tokenizer",
                "Name another model by `source:`.")]);
    }

    private static ModelTokens Substitute(AlignmentContext context, int index, ModelTokens? owner, ModelTokens?[] read, long[] rows)
    {
        string name = context.Models[index].Name;
        context.Warn(new Problem(ErrorCodes.CheckpointOddity,
            $"'{name}' has no {TokenizerFiles.Json}, so its tokens are taken to be those of the others"));
        return (owner ?? read.FirstOrDefault(tokens => tokens is not null))?.For(name) ?? ModelTokens.Numbered(name, rows[index]);
    }

    private static void WarnOfKinds(AlignmentContext context, ModelTokens owner, ModelTokens[] models, bool isUnion)
    {
        if (models.FirstOrDefault(model => model.Kind != owner.Kind) is not { } other)
        {
            return;
        }

        string message =
            $"the tokenizer of '{owner.Name}' is {Name(owner)}, that of '{other.Name}' {Name(other)}: they spell the same text in other "
                + "letters";
        const string hint = "Put one model's vocabulary onto the other first, by a transplant.";
        if (isUnion)
        {
            throw new MergeHostException([new Problem(ErrorCodes.VocabularyMismatch,
                $"{message}, so that a union of them has rows that no text reaches", hint)]);
        }

        context.Warn(new Problem(ErrorCodes.VocabularyMismatch, $"{message}; most rows of one have no counterpart in the other", hint));

        static string Name(ModelTokens tokens) => tokens.Kind.Length == 0 ? "of no known kind" : tokens.Kind;
    }

    private static int RowsOf(OutputVocabulary vocabulary, VocabularyOptions options, long ofBase)
    {
        long least = options.KeepRows ? Math.Max(vocabulary.Count, ofBase) : vocabulary.Count;
        long multiple = options.PadToMultipleOf ?? 1;
        return checked((int)((least + multiple - 1) / multiple * multiple));
    }

    private static RowPlan PlanOf(
        TokenTensor tensor, Dictionary<string, RowPlan> plans, OutputVocabulary vocabulary, ModelTokens[] models, GivenRows given,
        AlignmentContext context, int rows)
    {
        long[] stored = [.. tensor.Parts.Select(part => part?.Info.Shape[0] ?? 0)];
        string key = string.Join(' ', stored);
        if (!plans.TryGetValue(key, out RowPlan? plan))
        {
            int @base = context.Base is { } model ? context.Models.ToList().IndexOf(model) : -1;
            plans.Add(key, plan = RowPlan.Make(vocabulary, models, stored, @base, given, rows));
        }

        return plan;
    }

    private static ICheckpointReader[] Apply(AlignmentContext context, TokenTensor[] tensors, Func<TokenTensor, RowPlan> planOf)
    {
        List<ITokenRows>[] changed = [.. context.Models.Select(_ => new List<ITokenRows>())];
        string digest = "";
        foreach (TokenTensor tensor in tensors)
        {
            RowPlan plan = planOf(tensor);
            DType type = TypeOf(tensor, plan);
            digest += plan.Digest();
            for (int model = 0; model < changed.Length; model++)
            {
                if (tensor.Parts[model] is { } part
                    && !(part.Name == part.Info.Name && part.Info.DType == type && plan.IsIdentity(model, part.Info.Shape[0])))
                {
                    changed[model].Add(new AlignedTensor(plan, tensor.Parts, model, type));
                }
            }
        }

        return [.. context.Models.Zip(changed,
            (model, own) => own.Count == 0 ? model.Checkpoint : new VocabularyCheckpoint(model.Checkpoint, own, digest))];
    }

    // Rows go from one model to another as they are stored, where all are stored alike.
    private static DType TypeOf(TokenTensor tensor, RowPlan plan)
    {
        TensorInfo[] infos = [.. tensor.Parts.OfType<ModelRows>().Select(part => part.Info)];
        DType first = infos[0].DType;
        bool isUniform = infos.All(info => info.DType == first)
            && (first.Kind == DTypeKind.Float ? DTypeConversion.CanEncode(first) : !plan.MakesRows)
            && infos.All(info => info.ElementCount / info.Shape[0] % first.BlockElements == 0);
        return isUniform ? first : DType.F32;
    }
}
