namespace MergeHost.Plugins.Moe.Naming;

/// <summary>The names of the three weights of a feed-forward network, in the order of <see cref="Part"/>.</summary>
internal static class PartNames
{
    /// <summary>Those of dense models and of most mixtures.</summary>
    public static IReadOnlyList<string> Usual { get; } = ["gate_proj", "up_proj", "down_proj"];

    /// <summary>Those of Mixtral's first programs.</summary>
    public static IReadOnlyList<string> Mixtral { get; } = ["w1", "w3", "w2"];

    /// <summary>The weight of a name; <see langword="null"/> for other names.</summary>
    public static Part? Find(IReadOnlyList<string> names, string name) =>
        names.Index().FirstOrDefault(one => one.Item == name) is (var index, not null) ? (Part)index : null;
}

/// <summary>A weight of a gated feed-forward network.</summary>
internal enum Part
{
    Gate,
    Up,
    Down,
}
