using MergeHost.Plugins.LanguageModel.Models;
using MergeHost.Plugins.LanguageModel.Models.Blocks;
using MergeHost.Runtimes;
using TorchSharp;
using static TorchSharp.torch;

namespace MergeHost.Plugins.LanguageModel;

/// <summary>Goes on with several texts at once, token by token.</summary>
/// <remarks>In a dispose scope, and without gradients.</remarks>
internal sealed class TextGenerator(LanguageModel owner, DecoderModel model, GenerationOptions options, GenerationObserver? observer)
{
    // Padding stands in front of shorter prompts, in a branch that nobody sees.
    private const long PaddingBranch = -1;

    /// <summary>Adds tokens to each prompt until it ends or has as many as are wanted.</summary>
    /// <param name="indexed">The prompts with their numbers among all that are asked for.</param>
    /// <param name="cancellation">Asks to stop.</param>
    public IReadOnlyList<GeneratedText> Run(IReadOnlyList<(int Index, IReadOnlyList<int> Ids)> indexed, CancellationToken cancellation)
    {
        IReadOnlyList<int>[] prompts = [.. indexed.Select(prompt => prompt.Ids)];
        int width = prompts.Max(prompt => prompt.Count);
        using KeyValueCache cache = new();
        Tensor states = model.States(Rows(prompts, width), cache);
        List<GeneratedRow> rows = [.. indexed.Select(prompt => new GeneratedRow(owner, options, prompt.Ids, prompt.Index))];
        if (options.TellsPrompt)
        {
            TellPrompts(rows, states, width);
        }

        Tensor last = states.narrow(1, width - 1, 1);
        while (rows.Exists(row => !row.IsDone))
        {
            cancellation.ThrowIfCancellationRequested();
            using DisposeScope scope = NewDisposeScope();
            LikelihoodTable likelihoods = new(model.Logits(last.squeeze(1)));
            foreach ((int place, GeneratedRow row) in rows.Index().Where(row => !row.Item.IsDone))
            {
                row.Add(likelihoods, place);
                observer?.Invoke(indexed[place].Index, row.Result);
            }

            if (rows.Exists(row => !row.IsDone))
            {
                Tensor next = ReadLast(rows, cache).MoveToOuterDisposeScope();
                last.Dispose();
                last = next;
            }
        }

        return [.. rows.Select(row => row.Result)];
    }

    // A text that grows beyond the length up to which its rotations stay the same is read again.
    private Tensor ReadLast(List<GeneratedRow> rows, KeyValueCache cache)
    {
        if (!rows.Exists(row => row.Length - 1 == model.Config.SteadyLength))
        {
            return model.States(Next(rows, cache.Rows!), cache);
        }

        cache.Clear();
        int width = rows.Max(row => row.Length);
        return model.States(Rows([.. rows.Select(row => row.Ids)], width), cache).narrow(1, width - 1, 1);
    }

    private TokenRows Rows(IReadOnlyList<int>[] prompts, int width)
    {
        long[] ids = new long[prompts.Length * width];
        long[] positions = new long[ids.Length];
        long[] branches = new long[ids.Length];
        for (int place = 0; place < ids.Length; place++)
        {
            IReadOnlyList<int> prompt = prompts[place / width];
            int position = (place % width) - (width - prompt.Count);
            (ids[place], positions[place], branches[place]) = position < 0 ? (0, 0, PaddingBranch) : (prompt[position], position, 0);
        }

        return branches.Contains(PaddingBranch) ? new TokenRows(Make(ids), Make(positions), Make(branches)) : new TokenRows(Make(ids));

        Tensor Make(long[] values) => tensor(values, [prompts.Length, width], device: model.Device);
    }

    private TokenRows Next(List<GeneratedRow> rows, TokenRows before)
    {
        return before.Branches is null
            ? new TokenRows(Make(row => row.LastId))
            : new TokenRows(Make(row => row.LastId), Make(row => row.Length - 1), Make(_ => 0));

        Tensor Make(Func<GeneratedRow, long> value) => tensor([.. rows.Select(value)], [rows.Count, 1], device: model.Device);
    }

    // Logits of many places and a large vocabulary would not fit into memory at once. The state before a token tells of it.
    private void TellPrompts(List<GeneratedRow> rows, Tensor states, int width)
    {
        int step = (int)Math.Max(1, LanguageModel.LogitsAtOnce / owner.VocabularySize);
        for (int row = 0; row < rows.Count; row++)
        {
            int start = width - rows[row].Length;
            for (int first = 0; first < rows[row].Length - 1; first += step)
            {
                using DisposeScope scope = NewDisposeScope();
                int count = Math.Min(step, rows[row].Length - 1 - first);
                rows[row].TellPrompt(new LikelihoodTable(model.Logits(states[row].narrow(0, start + first, count))), first, count);
            }
        }
    }
}
