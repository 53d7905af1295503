using MergeHost.Alignments;
using MergeHost.Plugins.Vocabulary.Rows;

namespace MergeHost.Plugins.Vocabulary;

/// <summary>Cuts embedding, head and its bias to the fewest rows that any model has, whatever token each row is for.</summary>
/// <remarks>
/// mergekit's <c>--unsafe-truncate-embeddings</c>. Tokens past the cut lose their rows, and equal numbers need not be equal tokens: for
/// models that differ in padding only; <c>vocabulary</c> goes by tokens.
/// </remarks>
[ModelAlignment("cut_rows")]
public sealed class CutRowsAlignment : IModelAlignment<CutRowsOptions>
{
    /// <inheritdoc/>
    public AlignedModels Align(AlignmentContext context, CutRowsOptions options)
    {
        List<ITokenRows>[] changed = [.. context.Models.Select(_ => new List<ITokenRows>())];
        SortedSet<int> models = [];
        foreach (TokenTensor tensor in TokenTensor.Find(context))
        {
            long rows = tensor.Parts.OfType<ModelRows>().Min(part => part.Info.Shape[0]);
            for (int model = 0; model < changed.Length; model++)
            {
                if (tensor.Parts[model] is { } part && (part.Info.Shape[0] > rows || part.Name != part.Info.Name))
                {
                    // A head made of the embedding that it is tied to loses nothing by that.
                    changed[model].Add(new CutTensor(part, rows));
                    models.UnionWith(part.Info.Shape[0] > rows ? [model] : []);
                }
            }
        }

        List<string> cut = [.. models.Select(model => $"'{context.Models[model].Name}'")];
        string line = cut.Count == 0
            ? "no model has more rows than another"
            : $"rows of {string.Join(", ", cut)} are cut to the fewest that any model "
                + $"has, {changed.SelectMany(own => own).First().Info.Shape[0]}";
        if (cut.Count > 0)
        {
            context.Warn(new Problem(ErrorCodes.VocabularyMismatch, $"{line}; rows are not compared by token",
                "Set `tokenizer_source: union` or `base` in its place to go by tokens."));
        }

        return new AlignedModels
        {
            Checkpoints = [.. context.Models.Zip(changed,
                (model, own) => own.Count == 0
                    ? model.Checkpoint
                    : new VocabularyCheckpoint(model.Checkpoint, own, $"cut_rows {own[0].Info.Shape[0]}"))],
            Lines = [line],
        };
    }
}
