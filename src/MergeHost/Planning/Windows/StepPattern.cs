using System.Globalization;
using System.Text.RegularExpressions;

namespace MergeHost.Planning.Windows;

/// <summary>A name in which <c>*</c> stands for digits; those of the first are the step.</summary>
internal sealed class StepPattern
{
    private readonly Regex _form;

    public StepPattern(string text)
    {
        Text = text;
        string[] parts = [.. text.Split('*').Select(Regex.Escape)];
        string later = string.Join("[0-9]+", parts[1..]);
        _form = new Regex($"^{parts[0]}(?<step>[0-9]+){later}$", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking);
    }

    /// <summary>The pattern.</summary>
    public string Text { get; }

    /// <summary>The step that a name gives, or <see langword="null"/> if the pattern does not fit.</summary>
    public long? StepOf(string name) =>
        _form.Match(name) is { Success: true } match
            && long.TryParse(match.Groups["step"].Value, NumberStyles.None, CultureInfo.InvariantCulture, out long step) ? step : null;

    /// <summary>The files and folders of this machine that may fit: all whose path differs from the
    /// pattern in the part with the <c>*</c>.</summary>
    /// <param name="folder">Where relative paths start, or <see langword="null"/> for the current folder.</param>
    /// <returns>Paths as the pattern would have them, in ordinal order.</returns>
    /// <exception cref="MergeHostException">A folder cannot be listed.</exception>
    public IReadOnlyList<string> Local(string? folder)
    {
        int star = Text.IndexOf('*', StringComparison.Ordinal);
        int start = Text.LastIndexOf('/', star) + 1;
        int end = Text.IndexOf('/', star) is var slash and >= 0 ? slash : Text.Length;
        string parent = Text[..start];
        string listed = Path.Combine(folder ?? ".", parent);
        if (!Directory.Exists(listed))
        {
            return [];
        }

        try
        {
            return
            [
                .. Directory.EnumerateFileSystemEntries(listed).Select(entry => $"{parent}{Path.GetFileName(entry)}{Text[end..]}")
                    .Where(name => Path.Exists(Path.Combine(folder ?? ".", name))).Order(StringComparer.Ordinal),
            ];
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Checkpoints.CheckpointException
                .Unreadable(listed, exception is UnauthorizedAccessException ? "access is denied" : exception.Message.TrimEnd('.'),
                    exception);
        }
    }
}
