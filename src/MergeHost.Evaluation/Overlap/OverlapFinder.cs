using MergeHost.Benchmarks;
using MergeHost.Evaluation.Reports;
using MergeHost.Evaluation.Suites;
using MergeHost.Plugins;

namespace MergeHost.Evaluation.Overlap;

/// <summary>Looks for a suite's items in texts that somebody names, such as those that a model was trained on.</summary>
/// <remarks>Runs of words are looked for as they are: what was said in other words, or translated, is not found.</remarks>
internal static class OverlapFinder
{
    // Fewer words than these stand in any long text.
    private const int LeastWords = 5;
    private const int MostBytes = 1 << 30;
    private const int Examples = 5;

    /// <summary>Looks for them.</summary>
    /// <param name="suite">The suite.</param>
    /// <param name="host">Creates the benchmarks, which read their items.</param>
    /// <param name="texts">The files of the texts.</param>
    /// <param name="words">How long runs of words are; of a shorter item it is the whole.</param>
    /// <param name="cancellation">Asks to stop.</param>
    /// <exception cref="MergeHostException">A file cannot be read, or is no text.</exception>
    public static OverlapReport Find(Suite suite, PluginHost host, IReadOnlyList<string> texts, int words, CancellationToken cancellation)
    {
        List<(string Task, List<Item> Items)> tasks = [];
        List<string> unread = [];
        foreach (SuiteTask task in suite.Tasks)
        {
            if (host.Create<IBenchmark>(task.Benchmark).ReadItems(task.Options, suite.Folder) is { } asked)
            {
                tasks.Add((task.Name, [.. asked.Items.Select(item => new Item(item.Id, new WordRuns(item.Text), words))]));
            }
            else
            {
                unread.Add(task.Name);
            }
        }

        HashSet<(int, ulong)> wanted = [.. tasks.SelectMany(task => task.Items)
            .SelectMany(item => item.Runs.Select(run => (item.Length, run)))];
        int[] lengths = [.. wanted.Select(run => run.Item1).Distinct()];
        HashSet<(int, ulong)> found = [];
        long count = 0;
        foreach (string path in texts)
        {
            cancellation.ThrowIfCancellationRequested();
            WordRuns text = new(NamedText.Read(path, MostBytes, ErrorCodes.BadTaskData, "Name a text in UTF-8."));
            count += text.Count;
            foreach (int length in lengths)
            {
                cancellation.ThrowIfCancellationRequested();
                found.UnionWith(text.Hashes(length).Select(run => (length, run)).Where(wanted.Contains));
            }
        }

        return new OverlapReport(words, texts, count, [.. tasks.Select(task => Of(task.Task, task.Items, found))], unread);
    }

    private static TaskOverlap Of(string task, List<Item> items, HashSet<(int, ulong)> found)
    {
        List<ItemOverlap> touched = [.. items.Select(item => item.Overlap(found)).OfType<ItemOverlap>()
            .OrderByDescending(item => item.Share)];
        int runs = items.Sum(item => item.Runs.Length);
        int standing = items.Sum(item => item.Runs.Count(run => found.Contains((item.Length, run))));
        return new TaskOverlap(task, items.Count, items.Count(item => item.Runs.Length == 0), touched.Count,
            runs == 0 ? 0 : (double)standing / runs, [.. touched.Take(Examples)]);
    }

    private sealed class Item
    {
        private readonly string _id;
        private readonly WordRuns _text;

        public Item(string id, WordRuns text, int words)
        {
            (_id, _text) = (id, text);
            Length = Math.Min(words, text.Count);
            Runs = Length < Math.Min(words, LeastWords) ? [] : [.. text.Hashes(Length)];
        }

        public int Length { get; }

        public ulong[] Runs { get; }

        public ItemOverlap? Overlap(HashSet<(int, ulong)> found)
        {
            int first = Array.FindIndex(Runs, run => found.Contains((Length, run)));
            return first < 0
                ? null
                : new ItemOverlap(_id, (double)Runs.Count(run => found.Contains((Length, run))) / Runs.Length, _text.Run(first, Length));
        }
    }
}
