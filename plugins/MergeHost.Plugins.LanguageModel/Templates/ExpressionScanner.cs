using System.Text.RegularExpressions;

namespace MergeHost.Plugins.LanguageModel.Templates;

/// <summary>Cuts an expression into words.</summary>
internal sealed partial class ExpressionScanner
{
    private readonly List<string> _words;
    private int _next;

    /// <param name="template">The template, for messages.</param>
    /// <param name="text">The expression.</param>
    public ExpressionScanner(string template, string text)
    {
        _words = [.. Word().Matches(text).Select(match => match.Value)];
        int length = _words.Sum(word => word.Length) + text.Count(char.IsWhiteSpace) - _words.Sum(word => word.Count(char.IsWhiteSpace));
        if (length != text.Length)
        {
            throw TemplateException.Of(template, $"'{text.Trim()}' is not understood");
        }
    }

    /// <summary>The next word; empty at the end.</summary>
    public string Peek => _next < _words.Count ? _words[_next] : "";

    /// <summary>Goes past the next word.</summary>
    public string Take() => _next < _words.Count ? _words[_next++] : "";

    /// <summary>Goes past the next word if it is one of these.</summary>
    /// <returns>The word, or <see langword="null"/> if it is another.</returns>
    public string? TakeAny(params ReadOnlySpan<string> words) => words.Contains(Peek) && Peek.Length > 0 ? Take() : null;

    [GeneratedRegex("""[A-Za-z_]\w*|\d+\.\d+|\d+|'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|==|!=|<=|>=|[-+~|.,()\[\]<>]""")]
    private static partial Regex Word();
}
