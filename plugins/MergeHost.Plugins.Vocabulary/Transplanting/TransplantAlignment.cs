using System.Globalization;
using System.Text.Json.Nodes;
using MergeHost.Alignments;
using MergeHost.Checkpoints;
using MergeHost.Kernels.DTypes;
using MergeHost.Plugins.Vocabulary.Rows;
using MergeHost.Plugins.Vocabulary.Tokens;
using MergeHost.Tokenizers;

namespace MergeHost.Plugins.Vocabulary.Transplanting;

/// <summary>
/// Puts another model's vocabulary onto a model: tokens that both have keep their rows, and rows for the others are made of
/// the model's own, by what the donor's rows tell.
/// </summary>
/// <remarks>Methods and numbers are those of mergekit's tokensurgeon 0.1.5.</remarks>
[ModelAlignment("transplant")]
public sealed class TransplantAlignment : IModelAlignment<TransplantOptions>
{
    /// <inheritdoc/>
    public AlignedModels Align(AlignmentContext context, TransplantOptions options)
    {
        if (context.Models is not [StageModel model])
        {
            throw Wrong(ErrorCodes.SourceCount, $"a vocabulary is put onto one model, found {context.Models.Count}",
                "List one model; merge the result in a later stage.");
        }

        ICheckpointReader donor = context.Open(options.Donor);
        ModelTokens own = ModelTokens.Read(model.Name, model.Checkpoint.Companions, context.Warn) ?? throw WithoutTokenizer(model.Name);
        ModelTokens others = ModelTokens.Read(options.Donor, donor.Companions, context.Warn) ?? throw WithoutTokenizer(options.Donor);
        long donorRows = TokenTensor.RowsOf(donor, context.RoleOf)
            ?? throw Wrong(ErrorCodes.TensorMissing, $"'{options.Donor}' has no embedding", null);
        OutputVocabulary vocabulary = OutputVocabulary.Of(others, donorRows);
        TextTokenizer? tokenizer = options.Method == TransplantMethod.Subword ? TokenizerReader.Read(own.Companions) : null;
        List<ITokenRows> rows = [];
        (int Shared, string[] Made) counts = (0, []);
        foreach (TokenTensor tensor in TokenTensor.Find(context))
        {
            ModelRows part = tensor.Parts[0]!;
            ModelRows source = DonorPart(donor, part, context.RoleOf)
                ?? throw Wrong(ErrorCodes.TensorMissing, $"'{options.Donor}' has no tensor for the rows of '{part.Info.Name}'", null);
            rows.Add(Transplant(options, part, source, own, others, vocabulary.Count, tokenizer,
                context.RoleOf(part.Info.Name) == TensorRole.Head, ref counts));
        }

        IReadOnlyList<CompanionFile> files = [.. TokenizerWriter.Write(vocabulary),
            .. SpecialIds.Generation(vocabulary, model.Checkpoint.Companions)];
        string method = System.Text.Json.JsonNamingPolicy.SnakeCaseLower.ConvertName($"{options.Method}");
        return new AlignedModels
        {
            Checkpoints = [.. context.Models.Select(one => new VocabularyCheckpoint(one.Checkpoint, rows, $"{options}"))],
            Companions = files,
            TokenizerOwner = options.Donor,
            Config = SpecialIds.Config(vocabulary, ModelTokens.ReadJson(options.Donor, donor.Companions, "config.json"),
                model.Checkpoint.Companions, vocabulary.Count),
            Lines = [string.Create(CultureInfo.InvariantCulture,
                $"{vocabulary.Ids.Count:N0} tokens of {options.Donor}: {counts.Shared:N0} that both have, {counts.Made.Length:N0} made "
                    + $"by {method}")],
            Report = new JsonObject
            {
                ["donor"] = options.Donor,
                ["method"] = method,
                ["tokens"] = vocabulary.Ids.Count,
                ["shared"] = counts.Shared,
                ["made"] = counts.Made.Length,
                ["made_tokens"] = new JsonArray([.. counts.Made.Take(1000).Select(token => (JsonNode?)JsonValue.Create(token))]),
            },
        };
    }

    private static TransplantedTensor Transplant(
        TransplantOptions options, ModelRows part, ModelRows source, ModelTokens own, ModelTokens others, int count,
        TextTokenizer? tokenizer, bool isHead,
        ref (int Shared, string[] Made) counts)
    {
        Dictionary<TokenSpelling, int> here = SharedTokens.Of(own, part.Info.Shape[0]);
        Dictionary<TokenSpelling, int> there = SharedTokens.Of(others, source.Info.Shape[0]);
        SharedRow[] shared = [.. there.Where(token => here.ContainsKey(token.Key)).OrderBy(token => token.Value)
            .Select(token => new SharedRow(here[token.Key], token.Value))];
        bool takesPrefixes = options.PrefixMatch is PrefixMatch.Both
            || options.PrefixMatch == (isHead ? PrefixMatch.Head : PrefixMatch.Embedding);
        SharedRow[] beginnings = takesPrefixes ? [.. SharedTokens.Beginnings(here, there).OrderBy(row => row.Donor)] : [];
        HashSet<int> copied = [.. beginnings.Select(row => row.Donor)];
        (TokenSpelling Token, int Id)[] lacking =
            [.. there.Where(token => !here.ContainsKey(token.Key) && !copied.Contains(token.Value)).OrderBy(token => token.Value)
                .Select(token => (token.Key, token.Value))];
        bool takesNeighbours = options.Method is TransplantMethod.Omp or TransplantMethod.CommonInterpolation;
        if (takesNeighbours && lacking.Length > 0 && options.K > shared.Length)
        {
            throw Wrong(ErrorCodes.ValueOutOfRange, $"k is {options.K}, and the models share {shared.Length} tokens",
                $"Set k to at most {shared.Length}.");
        }

        long numbers = Math.Max(part.Info.ElementCount / part.Info.Shape[0],
            source.Info.ElementCount / source.Info.Shape[0]) * shared.Length;
        if (takesNeighbours && lacking.Length > 0 && numbers > Array.MaxLength)
        {
            throw Wrong(ErrorCodes.NotSupported,
                string.Create(CultureInfo.InvariantCulture,
                    $"the rows of the {shared.Length:N0} tokens that both models have are {numbers:N0} numbers, of which at "
                        + $"most {Array.MaxLength:N0} are held at once"),
                "Take `method: subword` or `method: mean`.");
        }

        int?[] rows = new int?[count];
        foreach (SharedRow row in shared.Concat(beginnings))
        {
            rows[row.Donor] = row.Model;
        }

        for (int target = 0; target < lacking.Length; target++)
        {
            rows[lacking[target].Id] = -1 - target;
        }

        if (part.Info.Shape.Rank == 2)
        {
            counts = (shared.Length, [.. lacking.Select(token => token.Token.Written)]);
        }

        IReadOnlyList<int>[] parts = tokenizer is null ? [] : [.. lacking.Select(token => Parts(token.Token, tokenizer, part))];
        TransplantOptions kind = part.Info.Shape.Rank == 1 && takesNeighbours ? options with { Method = TransplantMethod.Mean } : options;
        RowMaker maker = new(kind, part, source, shared, [.. lacking.Select(token => token.Id)], parts, isHead);
        return new TransplantedTensor(part,
            DTypeConversion.CanEncode(part.Info.DType) && part.Info.DType.Kind == DTypeKind.Float ? part.Info.DType : DType.F32, rows,
            maker);
    }

    // A tokenizer may list tokens that the model has no rows for.
    private static IReadOnlyList<int> Parts(TokenSpelling token, TextTokenizer tokenizer, ModelRows part)
    {
        IReadOnlyList<int> ids = tokenizer.Encode(token.Written);
        int most = ids.Count == 0 ? -1 : ids.Max();
        return most < part.Info.Shape[0] ? ids : throw Wrong(ErrorCodes.VocabularyMismatch,
            $"the model cuts '{CheckpointException.Printable(token.Written)}' into tokens of which {most} has no row in '{part.Info.Name}' "
                + $"of {part.Info.Shape[0]} rows",
            "Take another `method:`.");
    }

    // A donor that ties its head has the embedding for it.
    private static ModelRows? DonorPart(ICheckpointReader donor, ModelRows part, Func<string, TensorRole> roleOf)
    {
        bool IsAlike(TensorInfo tensor, TensorRole role) => roleOf(tensor.Name) == role && tensor.Shape.Rank == part.Info.Shape.Rank;
        TensorInfo? info = donor.Tensors.FirstOrDefault(tensor => IsAlike(tensor, roleOf(part.Info.Name)))
            ?? donor.Tensors.FirstOrDefault(tensor => IsAlike(tensor, TensorRole.Embedding));
        return info is null ? null : new ModelRows(donor, info, info.Name);
    }

    private static MergeHostException WithoutTokenizer(string model) =>
        Wrong(ErrorCodes.BadConfig, $"'{model}' has no tokenizer", "Put its tokenizer.json beside its weights.");

    private static MergeHostException Wrong(ErrorCode code, string message, string? hint) => new([new Problem(code, message, hint)]);
}
