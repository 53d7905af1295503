using MergeHost.Checkpoints;

namespace MergeHost.Storage.Text;

/// <summary>A node of a YAML document, with its place in the file.</summary>
/// <param name="Place">Where it begins.</param>
public abstract record YamlNode(TextPlace Place)
{
    /// <summary>The tag that was written before it, such as <c>!function</c>; only where the reader keeps them.</summary>
    public string? Tag { get; init; }

    /// <summary>The anchor that was written before it, such as <c>&amp;common</c>, by which aliases repeat it.</summary>
    public string? Anchor { get; init; }

    /// <summary>What the node is, for messages.</summary>
    public abstract string Kind { get; }
}

/// <summary>A single value, as written.</summary>
/// <param name="Text">The text without quotes.</param>
/// <param name="IsPlain">Whether it was written without quotes, so that it may be a number, a truth value or nothing.</param>
/// <param name="Place">Where it begins.</param>
public sealed record YamlScalar(string Text, bool IsPlain, TextPlace Place) : YamlNode(Place)
{
    /// <summary>Whether the value is left out: nothing, <c>~</c> or <c>null</c>.</summary>
    public bool IsNull => IsPlain && Text is "" or "~" or "null" or "Null" or "NULL";

    /// <inheritdoc/>
    public override string Kind => IsNull ? "nothing" : $"'{CheckpointException.Printable(Text)}'";
}

/// <summary>Values in order.</summary>
/// <param name="Items">The values.</param>
/// <param name="Place">Where it begins.</param>
public sealed record YamlSequence(IReadOnlyList<YamlNode> Items, TextPlace Place) : YamlNode(Place)
{
    /// <inheritdoc/>
    public override string Kind => "a list";
}

/// <summary>Values by key, in the order of the file; keys are unique.</summary>
/// <param name="Entries">The keys with their values.</param>
/// <param name="Place">Where it begins.</param>
public sealed record YamlMapping(IReadOnlyList<(YamlScalar Key, YamlNode Value)> Entries, TextPlace Place) : YamlNode(Place)
{
    /// <inheritdoc/>
    public override string Kind => "a mapping";

    /// <summary>The value of a key; <see langword="null"/> if the key is not there, or nothing stands after it.</summary>
    public YamlNode? Find(string key) =>
        Entries.FirstOrDefault(entry => entry.Key.Text == key).Value is { } value and not YamlScalar { IsNull: true } ? value : null;
}
