using System.Numerics.Tensors;
using TorchSharp;
using static TorchSharp.torch;

namespace MergeHost.Plugins.LanguageModel;

/// <summary>The log-likelihoods of all tokens at several places.</summary>
/// <param name="logits">The logits, of <c>[places, vocabulary]</c>.</param>
internal sealed class LikelihoodTable(torch.Tensor logits)
{
    private readonly float[] _values = [.. nn.functional.log_softmax(logits, -1).cpu().data<float>()];
    private readonly int _width = (int)logits.shape[1];

    /// <summary>The log-likelihoods of a place in nats, by id.</summary>
    public ReadOnlySpan<float> At(int place) => _values.AsSpan(place * _width, _width);

    /// <summary>The token of the largest likelihood; of equal ones the least id.</summary>
    public int Likeliest(int place) => TensorPrimitives.IndexOfMax(At(place));

    /// <summary>The likeliest tokens of a place, the likeliest first.</summary>
    public IReadOnlyList<(int Id, double LogLikelihood)> Likeliest(int place, int count)
    {
        List<(int Id, double LogLikelihood)> best = [];
        ReadOnlySpan<float> values = At(place);
        for (int id = 0; id < values.Length && count > 0; id++)
        {
            if (best.Count == count && values[id] <= best[^1].LogLikelihood)
            {
                continue;
            }

            int rank = best.FindIndex(other => other.LogLikelihood < _values[(place * _width) + id]);
            best.Insert(rank < 0 ? best.Count : rank, (id, values[id]));
            best.RemoveRange(Math.Min(best.Count, count), Math.Max(0, best.Count - count));
        }

        return best;
    }

    /// <summary>Draws a token.</summary>
    /// <param name="place">The place.</param>
    /// <param name="temperature">What log-likelihoods are divided by before; above 0.</param>
    /// <param name="share">The least share of the likelihood that is drawn from, the likeliest tokens first, in (0, 1].</param>
    /// <param name="random">What draws.</param>
    public int Draw(int place, double temperature, double share, Random random)
    {
        double top = At(place)[Likeliest(place)];
        (int Id, double Weight)[] tokens = new (int, double)[_width];
        for (int id = 0; id < _width; id++)
        {
            tokens[id] = (id, Math.Exp((At(place)[id] - top) / temperature));
        }

        Array.Sort(tokens, (a, b) => a.Weight == b.Weight ? a.Id.CompareTo(b.Id) : b.Weight.CompareTo(a.Weight));
        double all = tokens.Sum(token => token.Weight);
        double kept = 0;
        int count = 0;
        while (count < tokens.Length && (count == 0 || kept < share * all))
        {
            kept += tokens[count++].Weight;
        }

        double left = random.NextDouble() * kept;
        for (int rank = 0; rank < count; rank++)
        {
            left -= tokens[rank].Weight;
            if (left < 0)
            {
                return tokens[rank].Id;
            }
        }

        return tokens[0].Id;
    }
}
