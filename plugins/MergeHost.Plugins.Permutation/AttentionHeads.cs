using MergeHost.Algebra;

namespace MergeHost.Plugins.Permutation;

/// <summary>
/// The heads of an attention: groups of query heads that share a key and a value, the heads within a group, and the channels of each value.
/// The channels of queries and keys are rotated by their place, so that their order is fixed.
/// </summary>
/// <param name="heads">How many query heads.</param>
/// <param name="groups">How many keys and values; divides <paramref name="heads"/>.</param>
internal sealed class AttentionHeads(int heads, int groups) : PermutableBlock
{
    private readonly int _perGroup = heads / groups;

    /// <summary>Weight <c>[heads · channels, in]</c>, and what else has a part for each query head: bias, norm, sinks.</summary>
    public required IReadOnlyList<TensorInfo> Queries { get; init; }

    /// <summary>Weight <c>[groups · channels, in]</c>, bias and norm.</summary>
    public required IReadOnlyList<TensorInfo> Keys { get; init; }

    /// <summary>Weight <c>[groups · channels, in]</c> and bias.</summary>
    public required IReadOnlyList<TensorInfo> Values { get; init; }

    /// <summary>Weight <c>[out, heads · channels]</c>, the channels being those of the values.</summary>
    public required TensorInfo Output { get; init; }

    public override IEnumerable<(TensorInfo Tensor, int Axis)> Axes =>
        [.. Queries.Concat(Keys).Concat(Values).Select(tensor => (tensor, 0)), (Output, 1)];

    private int Channels => (int)Values[0].Shape[0] / groups;

    public override IReadOnlyList<int[]>? Match(MatchedWeights weights, ILinearAlgebra algebra)
    {
        Similarity queries = Compare(heads, Queries);
        Similarity keys = Compare(groups, Keys);
        Similarity values = Compare(groups * Channels, Values);
        Similarity output = new(heads * Channels, algebra);
        output.Add(weights, Output, 1);
        Pairs pairs = new(this, queries.Finite(weights.Model, Queries[0].Name), values.Finite(weights.Model, Values[0].Name),
            output.Finite(weights.Model, Output.Name));
        Matrix<float> shared = keys.Finite(weights.Model, Keys[0].Name);
        Matrix<float> gain = new(groups, groups);
        PairMatch[,] matches = new PairMatch[groups, groups];
        for (int one = 0; one < groups; one++)
        {
            for (int other = 0; other < groups; other++)
            {
                matches[one, other] = pairs.Match(one, other);
                gain[one, other] = (float)(shared[one, other] + matches[one, other].Gain);
            }
        }

        int[] groupOrder = LinearAssignment.Maximise(gain);
        PairMatch[] parts = [.. groupOrder.Select((other, one) => matches[one, other])];
        int[] headOrder = [.. parts.SelectMany((part, group) => part.Heads.Select(head => (groupOrder[group] * _perGroup) + head))];
        int[] valueOrder = [.. parts.SelectMany((part,
            group) => part.Channels.Select(channel => (groupOrder[group] * Channels) + channel))];
        int[] outputOrder = [.. parts.SelectMany((part, group) => part.Heads.SelectMany(head => part.Channels
            .Select(channel => (((groupOrder[group] * _perGroup) + head) * Channels) + channel)))];
        double now = queries.Of(UnitsOf(weights, Queries[0], heads)) + keys.Of(UnitsOf(weights, Keys[0], groups))
            + values.Of(weights.OrderOf(Values[0], 0)) + output.Of(weights.OrderOf(Output, 1));
        return IsMore(queries.Of(headOrder) + keys.Of(groupOrder) + values.Of(valueOrder) + output.Of(outputOrder), now)
            ?
            [
                .. Queries.Select(tensor => Spread(headOrder, (int)tensor.Shape[0] / heads)),
                .. Keys.Select(tensor => Spread(groupOrder, (int)tensor.Shape[0] / groups)),
                .. Values.Select(_ => valueOrder),
                outputOrder,
            ]
            : null;

        Similarity Compare(int units, IReadOnlyList<TensorInfo> tensors)
        {
            Similarity similarity = new(units, algebra);
            foreach (TensorInfo tensor in tensors)
            {
                similarity.Add(weights, tensor, 0);
            }

            return similarity;
        }
    }

    // An order of whole units, from that of their members.
    private static int[] UnitsOf(MatchedWeights weights, TensorInfo tensor, int units)
    {
        int[] members = weights.OrderOf(tensor, 0);
        int length = members.Length / units;
        return [.. Enumerable.Range(0, units).Select(unit => members[unit * length] / length)];
    }

    /// <summary>How a group of the model is best put in the place of one of the reference.</summary>
    private sealed record PairMatch(double Gain, int[] Heads, int[] Channels);

    private sealed class Pairs(AttentionHeads block, Matrix<float> queries, Matrix<float> values, Matrix<float> output)
    {
        private readonly int _heads = block._perGroup;
        private readonly int _channels = block.Channels;

        // Heads by their queries; then channels for these heads, heads for these channels, and so on as long as it helps.
        public PairMatch Match(int one, int other)
        {
            int[] heads = LinearAssignment.Maximise(Gains(_heads, (a, b) => queries[Head(one, a), Head(other, b)]));
            PairMatch? best = null;
            while (true)
            {
                Matrix<float> gains = Gains(_channels, (c, d) =>
                {
                    double sum = values[(one * _channels) + c, (other * _channels) + d];
                    for (int head = 0; head < _heads; head++)
                    {
                        sum += output[(Head(one, head) * _channels) + c, (Head(other, heads[head]) * _channels) + d];
                    }

                    return (float)sum;
                });
                int[] channels = LinearAssignment.Maximise(gains);
                double gain = channels.Select((d, c) => (double)gains[c, d])
                    .Sum() + heads.Select((b, a) => (double)queries[Head(one, a), Head(other, b)]).Sum();
                if (best is not null && !IsMore(gain, best.Gain))
                {
                    return best;
                }

                best = new PairMatch(gain, heads, channels);
                if (_heads == 1)
                {
                    return best;
                }

                heads = LinearAssignment.Maximise(Gains(_heads, (a, b) => (float)(queries[Head(one, a), Head(other, b)] + channels
                    .Select((d, c) => (double)output[(Head(one, a) * _channels) + c, (Head(other, b) * _channels) + d]).Sum())));
            }
        }

        private int Head(int group, int head) => (group * _heads) + head;

        private static Matrix<float> Gains(int count, Func<int, int, float> gain)
        {
            Matrix<float> gains = new(count, count);
            for (int row = 0; row < count; row++)
            {
                for (int column = 0; column < count; column++)
                {
                    gains[row, column] = gain(row, column);
                }
            }

            return gains;
        }
    }
}
