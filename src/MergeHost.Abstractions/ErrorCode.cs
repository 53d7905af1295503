namespace MergeHost;

/// <summary>The name, for life, of one way to fail.</summary>
/// <param name="Id"><c>MH</c> and four digits; the first tells the area: 1 recipe, 2 checkpoint, 3
/// plugin, 4 merge, 5 output, 6 benchmark.</param>
/// <param name="Title">What went wrong, in a few words.</param>
public sealed record ErrorCode(string Id, string Title)
{
    /// <summary>The exit code of a program that ends with this error: 3 recipe, 4 checkpoint or store, 5
    /// plugin, 6 merge or output, 7 benchmark.</summary>
    public int ExitCode => Id[2] switch { '1' => 3, '2' => 4, '3' => 5, '4' or '5' => 6, '6' => 7, '7' => 4, _ => 1 };

    /// <inheritdoc cref="Id"/>
    public override string ToString() => Id;
}
