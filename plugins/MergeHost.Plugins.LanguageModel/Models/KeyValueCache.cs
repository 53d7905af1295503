using MergeHost.Plugins.LanguageModel.Models.Blocks;
using TorchSharp;
using static TorchSharp.torch;

namespace MergeHost.Plugins.LanguageModel.Models;

/// <summary>The keys and values of tokens that were read before, so that texts can go on without being read again.</summary>
/// <remarks>What is kept never changes, so that several threads can each go on from a <see cref="Fork"/> of their own.</remarks>
internal sealed class KeyValueCache : IDisposable
{
    private readonly Dictionary<int, (Tensor Keys, Tensor Values)> _layers = [];
    private readonly HashSet<int> _borrowed = [];
    private bool _borrowsRows;

    /// <summary>All tokens that were read; <see langword="null"/> before the first.</summary>
    public TokenRows? Rows { get; private set; }

    /// <summary>A cache that goes on from here by itself; it must be disposed before this one. A single row can go on as several.</summary>
    public KeyValueCache Fork()
    {
        KeyValueCache fork = new() { Rows = Rows, _borrowsRows = true };
        foreach ((int layer, (Tensor, Tensor) pair) in _layers)
        {
            fork._layers.Add(layer, pair);
            fork._borrowed.Add(layer);
        }

        return fork;
    }

    /// <summary>Adds tokens that are about to be read.</summary>
    /// <returns>All tokens, with those that were read before; they belong to the cache.</returns>
    public TokenRows Add(TokenRows rows)
    {
        using DisposeScope scope = NewDisposeScope();
        TokenRows all = (Rows is null ? rows : Rows.Join(rows)).Copy();
        ReleaseRows();
        _borrowsRows = false;
        return Rows = all;
    }

    /// <summary>Adds the keys and values of a layer, of <c>[batch, heads, tokens, head]</c>.</summary>
    /// <returns>Those of all tokens; they belong to the cache.</returns>
    public (Tensor Keys, Tensor Values) Add(int layer, Tensor keys, Tensor values)
    {
        if (_layers.TryGetValue(layer, out (Tensor Keys, Tensor Values) before))
        {
            keys = Join(before.Keys, keys);
            values = Join(before.Values, values);
            Release(layer);
        }

        return _layers[layer] = (keys.DetachFromDisposeScope(), values.DetachFromDisposeScope());
    }

    /// <summary>Forgets all that was read.</summary>
    public void Clear()
    {
        foreach (int layer in _layers.Keys)
        {
            Release(layer);
        }

        _layers.Clear();
        ReleaseRows();
        Rows = null;
    }

    public void Dispose() => Clear();

    private static Tensor Join(Tensor before, Tensor after) => cat([before.expand([after.shape[0], .. before.shape[1..]]), after], 2);

    private void Release(int layer)
    {
        if (!_borrowed.Remove(layer))
        {
            _layers[layer].Keys.Dispose();
            _layers[layer].Values.Dispose();
        }
    }

    private void ReleaseRows()
    {
        if (!_borrowsRows)
        {
            Rows?.Release();
        }
    }
}
