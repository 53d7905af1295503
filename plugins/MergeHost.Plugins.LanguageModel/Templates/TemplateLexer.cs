using System.Text.RegularExpressions;
using MergeHost.Plugins.LanguageModel.Python;

namespace MergeHost.Plugins.LanguageModel.Templates;

/// <summary>A word of an expression: a name, number, quoted text or sign.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Text">As written; of a quoted text what is meant.</param>
internal readonly record struct Token(TokenKind Kind, string Text);

/// <summary>The kinds of words.</summary>
internal enum TokenKind
{
    Sign,
    Name,
    Number,
    Text,
}

/// <summary>A part of a template: plain text, or the words of a tag.</summary>
/// <param name="Text">The plain text, or <see langword="null"/> for a tag.</param>
/// <param name="IsBlock">Whether it is <c>{% %}</c> rather than <c>{{ }}</c>.</param>
/// <param name="Tokens">The words of the tag.</param>
internal sealed record Segment(string? Text, bool IsBlock, IReadOnlyList<Token> Tokens);

/// <summary>Cuts a template into its parts, as Jinja does.</summary>
internal sealed partial class TemplateLexer(string source, TemplateOptions options)
{
    private readonly string _source = Normalize(source, options);
    private readonly List<Segment> _segments = [];
    private int _place;

    /// <summary>Cuts it.</summary>
    /// <exception cref="FormatException">A tag is not closed, or holds what is no word.</exception>
    public IReadOnlyList<Segment> Run()
    {
        bool strips = false;
        bool trims = false;
        while (true)
        {
            int open = NextTag();
            string text = _source[_place..(open < 0 ? _source.Length : open)];
            text = strips ? PythonText.Strip(text, atEnd: false) : trims && text.StartsWith('\n') ? text[1..] : text;
            if (open < 0)
            {
                AddText(text);
                return _segments;
            }

            char kind = _source[open + 1];
            char sign = open + 2 < _source.Length ? _source[open + 2] : ' ';
            AddText(sign == '-'
                ? PythonText.Strip(text, atStart: false)
                : options.StripsBlocks && kind != '{' && sign != '+' ? StripLine(text, open - text.Length) : text);
            _place = open + 2 + (sign == '-' || (sign == '+' && kind == '%') ? 1 : 0);
            strips = kind == '#' ? SkipComment() : ReadTag(kind == '%');
            trims = options.TrimsBlocks && kind != '{' && _source[_place - 3] != '+';
            if (kind == '%' && _segments[^1].Tokens is [{ Kind: TokenKind.Name, Text: "raw" }])
            {
                _segments.RemoveAt(_segments.Count - 1);
                strips = ReadRaw(strips);
                trims = options.TrimsBlocks;
            }
        }
    }

    private static string Normalize(string source, TemplateOptions options)
    {
        string text = source.Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n');
        return !options.KeepsLastLineEnd && text.EndsWith('\n') ? text[..^1] : text;
    }

    private int NextTag()
    {
        for (int place = _source.IndexOf('{', _place); place >= 0 && place + 1 < _source.Length; place = _source.IndexOf('{', place + 1))
        {
            if (_source[place + 1] is '{' or '%' or '#')
            {
                return place;
            }
        }

        return -1;
    }

    private void AddText(string text)
    {
        if (text.Length > 0)
        {
            _segments.Add(new Segment(text, false, []));
        }
    }

    // White space goes if nothing else stands before the tag on its line.
    private string StripLine(string text, int start)
    {
        int line = text.LastIndexOf('\n') + 1;
        bool isWholeLine = line > 0 || start == 0 || _source[start - 1] == '\n';
        return isWholeLine && text[line..].All(PythonText.IsSpace) ? text[..line] : text;
    }

    private bool SkipComment()
    {
        int end = _source.IndexOf("#}", _place, StringComparison.Ordinal);
        if (end < 0)
        {
            throw new FormatException("'{#' has no '#}'");
        }

        _place = end + 2;
        return _source[end - 1] == '-';
    }

    private bool ReadRaw(bool strips)
    {
        Match end = EndRaw().Match(_source, _place);
        if (!end.Success)
        {
            throw new FormatException("'{% raw %}' has no '{% endraw %}'");
        }

        string text = _source[_place..end.Index];
        text = strips ? PythonText.Strip(text, atEnd: false) : options.TrimsBlocks && text.StartsWith('\n') ? text[1..] : text;
        AddText(end.Groups[1].Value == "-" ? PythonText.Strip(text, atStart: false) : text);
        _place = end.Index + end.Length;
        return end.Groups[2].Value == "-";
    }

    // Whether white space after the tag goes.
    private bool ReadTag(bool isBlock)
    {
        string close = isBlock ? "%}" : "}}";
        List<Token> tokens = [];
        int open = 0;
        while (true)
        {
            while (_place < _source.Length && PythonText.IsSpace(_source[_place]))
            {
                _place++;
            }

            ReadOnlySpan<char> rest = _source.AsSpan(_place);
            bool isMarked = rest.Length > 2 && rest[0] is '-' or '+' && rest[1..].StartsWith(close);
            if (open == 0 && (isMarked || rest.StartsWith(close)))
            {
                _segments.Add(new Segment(null, isBlock, tokens));
                _place += isMarked ? 3 : 2;
                return isMarked && rest[0] == '-';
            }

            Match match = Word().Match(_source, _place);
            if (!match.Success)
            {
                throw new FormatException(rest.IsEmpty
                    ? $"'{(isBlock ? "{%" : "{{")}' has no '{close}'"
                    : $"'{rest[0]}' is not understood");
            }

            open += match.Value is "(" or "[" or "{" ? 1 : match.Value is ")" or "]" or "}" ? -1 : 0;
            tokens.Add(TokenOf(match));
            _place += match.Length;
            if (tokens.Count > TemplateLimits.Words)
            {
                throw new FormatException($"an expression has more than {TemplateLimits.Words} words");
            }

            if (open < 0)
            {
                throw new FormatException($"'{match.Value}' closes nothing");
            }
        }
    }

    private static Token TokenOf(Match match) =>
        match.Groups["name"].Success ? new Token(TokenKind.Name, match.Value)
        : match.Groups["number"].Success ? new Token(TokenKind.Number, match.Value)
        : match.Groups["text"].Success ? new Token(TokenKind.Text, PythonLiteral.Unescape(match.Value[1..^1]))
        : new Token(TokenKind.Sign, match.Value);

    [GeneratedRegex("""
        \G(?:(?<name>[^\W\d]\w*)
        |(?<number>0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO][0-7]+|\d[\d_]*(?:\.\d+)?(?:[eE][+-]?\d+)?)
        |(?<text>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")
        |\*\*|//|==|!=|<=|>=|[-+*/%~|.,:()\[\]{}<>=])
        """, RegexOptions.IgnorePatternWhitespace | RegexOptions.Singleline)]
    private static partial Regex Word();

    [GeneratedRegex(@"\{%([-+]?)\s*endraw\s*([-+]?)%\}")]
    private static partial Regex EndRaw();
}
