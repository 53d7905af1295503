using MergeHost.Plugins.LanguageModel.Models.Blocks;
using static TorchSharp.torch;

namespace MergeHost.Plugins.LanguageModel;

/// <summary>Rows of like width that a model reads at once.</summary>
internal sealed class ScoredBatch
{
    private readonly int _width;
    private readonly long[] _ids;
    private readonly long[] _positions;
    private readonly long[] _branches;
    private readonly List<long> _places = [];
    private readonly int _start;

    /// <param name="rows">The rows; the last is the widest.</param>
    /// <param name="start">How many tokens stand before each row.</param>
    public ScoredBatch(IReadOnlyList<ScoredRow> rows, int start)
    {
        Rows = rows;
        _start = start;
        _width = rows[^1].Width;
        _ids = new long[rows.Count * _width];
        _positions = new long[_ids.Length];
        _branches = new long[_ids.Length];
        for (int row = 0; row < rows.Count; row++)
        {
            Add(rows[row], row * _width);
        }
    }

    public IReadOnlyList<ScoredRow> Rows { get; }

    /// <summary>The ids that are scored, row by row and continuation by continuation.</summary>
    public List<long> Targets { get; } = [];

    /// <summary>Where the states stand that tell of <see cref="Targets"/>, in the batch's states as one list.</summary>
    public Tensor Places(Device device) => tensor(_places, device: device);

    /// <summary>What the model reads.</summary>
    /// <param name="device">Where it runs.</param>
    /// <param name="tellsPlaces">Whether it must know how long each row is without its padding.</param>
    public TokenRows Tokens(Device device, bool tellsPlaces)
    {
        Tensor ids = Make(_ids);
        return !tellsPlaces && Rows.All(row => row.Count == 1) ? new TokenRows(ids) : new TokenRows(ids, Make(_positions), Make(_branches));

        Tensor Make(long[] values) => tensor(values, [Rows.Count, _width], device: device);
    }

    private void Add(ScoredRow row, int start)
    {
        int place = start;
        foreach (int id in row.Prompt.Ids)
        {
            Add(id, place - start, 0);
        }

        int last = place - 1;
        foreach ((int branch, IReadOnlyList<int> continuation) in row.Continuations.Index())
        {
            Targets.AddRange(continuation.Select(id => (long)id));
            _places.Add(last);
            for (int index = 0; index < continuation.Count - 1; index++)
            {
                _places.Add(place);
                Add(continuation[index], row.Prompt.Ids.Count + index, branch + 1);
            }
        }

        void Add(int id, int position, int branch)
        {
            (_ids[place], _positions[place], _branches[place]) = (id, _start + position, branch);
            place++;
        }
    }
}
