using MergeHost.Plugins.PyTorch.Pickles;

namespace MergeHost.Plugins.Dcp;

/// <summary>An object of <c>.metadata</c>: its class is a name, its state what was set.</summary>
internal sealed class MetadataRecord(string name) : PickleContainer
{
    /// <summary>The class's name.</summary>
    public string Name { get; } = name;

    /// <summary>A dict of fields, or a tuple; <see langword="null"/> before it is set.</summary>
    public object? State { get; private set; }

    /// <summary>A field, or <see langword="null"/>.</summary>
    public object? this[string field] => (State as PickleMap)?[field];

    public void Set(object? state)
    {
        if (State is not null || state is not (PickleMap or PickleTuple))
        {
            throw PickleFault.Refused($"BUILD of '{Name}' a second time, or with {PickleText.Kind(state)}");
        }

        Hold(state);
        State = state;
    }
}

/// <summary>What a piece is found by.</summary>
/// <param name="Tensor">The tensor's name in the checkpoint.</param>
/// <param name="Offsets">Where the piece begins, with commas; <see langword="null"/> for what is no tensor.</param>
internal sealed record PieceKey(string Tensor, string? Offsets)
{
    public static PieceKey Of(string tensor, long[]? offsets) => new(tensor, offsets is null ? null : string.Join(',', offsets));
}
