namespace MergeHost;

/// <summary>How bad a problem is.</summary>
public enum Severity
{
    /// <summary>Worth knowing; the work goes on.</summary>
    Warning,

    /// <summary>Nothing can be done until it is mended.</summary>
    Error,
}

/// <summary>A position in a text file.</summary>
/// <param name="Path">The file, as the user wrote it.</param>
/// <param name="Line">Counted from 1.</param>
/// <param name="Column">Counted from 1.</param>
public sealed record TextPlace(string Path, int Line, int Column)
{
    /// <summary>The position in the form that compilers use, so that editors link it: <c>path(line,column)</c>.</summary>
    public override string ToString() => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{Path}({Line},{Column})");
}

/// <summary>Something the user must know: what is wrong, where, and the way out.</summary>
/// <param name="Code">The name of the problem, for life.</param>
/// <param name="Message">Where, what, expected and found; no final full stop in a message of one clause.</param>
/// <param name="Hint">One imperative sentence that tells the way out, or <see langword="null"/>.</param>
/// <param name="Place">The position in a recipe, or <see langword="null"/> when the message names the place.</param>
/// <param name="Severity">How bad it is; an error unless said otherwise.</param>
public sealed record Problem(
    ErrorCode Code, string Message, string? Hint = null, TextPlace? Place = null, Severity Severity = Severity.Error)
{
    /// <summary>The problem in one line, as compilers write it, without the hint.</summary>
    public override string ToString()
    {
        string kind = Severity == Severity.Error ? "error" : "warning";
        return Place is null ? $"{kind} {Code}: {Message}" : $"{Place}: {kind} {Code}: {Message}";
    }
}
