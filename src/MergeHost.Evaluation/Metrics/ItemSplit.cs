using System.IO.Hashing;
using System.Text;
using MergeHost.Benchmarks;

namespace MergeHost.Evaluation.Metrics;

/// <summary>Which items of a task take part: all, or one half of them by a hash of their ids, the same for all models.</summary>
internal enum ItemSplit
{
    All,

    /// <summary>The half by which settings are chosen.</summary>
    Development,

    /// <summary>The half on which what was chosen is reported.</summary>
    Test,
}

internal static class ItemSplits
{
    /// <summary>The indices of the items that take part.</summary>
    public static int[] Indices(this ItemSplit split, TaskResult result) =>
    [
        .. Enumerable.Range(0, result.Items.Count)
            .Where(index => split == ItemSplit.All || IsDevelopment(result.Items[index].Id) == (split == ItemSplit.Development)),
    ];

    private static bool IsDevelopment(string id) => (XxHash3.HashToUInt64(Encoding.UTF8.GetBytes(id)) & 1) == 0;
}
