using System.Globalization;
using MergeHost.Checkpoints;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace MergeHost.Storage.Text;

/// <summary>Reads YAML into nodes that know their place, and refuses what makes YAML dangerous.</summary>
/// <remarks>
/// Anchors and merge keys (<c>&lt;&lt;</c>) are unfolded here; an alias inside its own anchor is an error, and so are more than
/// 100,000 nodes after unfolding, values nested more than 100 deep, texts of more than a million characters and the character NUL. Values
/// stay text: what they mean depends on where they stand. Tags are refused, or kept for a reader that says what each means.
/// </remarks>
public sealed class YamlLoader
{
    private const int MostNodes = 100_000;
    private const int MostDepth = 100;
    private const int MostCharacters = 1_000_000;

    private readonly string _path;
    private readonly List<Problem> _problems;
    private readonly Parser _parser;
    private readonly bool _keepsTags;
    private readonly Dictionary<string, (YamlNode Node, int Size)> _anchors = [];
    private readonly HashSet<string> _open = [];
    private Mark _last = Mark.Empty;
    private int _nodes;
    private int _depth;

    private YamlLoader(string path, string text, List<Problem> problems, bool keepsTags)
    {
        _path = path;
        _problems = problems;
        _keepsTags = keepsTags;
        _parser = new Parser(new StringReader(text));
    }

    /// <summary>Reads all documents of a file.</summary>
    /// <param name="path">The file's name, for places.</param>
    /// <param name="text">The file's text.</param>
    /// <param name="problems">Receives what is wrong.</param>
    /// <param name="keepsTags">Whether tags are kept as <see cref="YamlNode.Tag"/>; otherwise they are wrong.</param>
    /// <returns>One node a document, none for empty ones; what could be read when something is wrong.</returns>
    public static IReadOnlyList<YamlNode> Load(string path, string text, List<Problem> problems, bool keepsTags = false)
    {
        List<YamlNode> documents = [];
        YamlLoader loader = new(path, text, problems, keepsTags);
        try
        {
            loader.ReadDocuments(documents);
        }
        catch (Exception exception) when (exception is YamlException or InvalidOperationException or ArgumentException or FormatException
            or OverflowException)
        {
            // The parser has words of its own for some texts, such as a list that is never closed.
            problems.Add(loader.Explain(text, exception));
        }
        catch (MergeHostException exception)
        {
            problems.AddRange(exception.Problems);
        }

        return documents;
    }

    // The parser blames a tab on what stands before it.
    private Problem Explain(string text, Exception exception)
    {
        Mark place = (exception as YamlException)?.Start ?? _last;
        string[] lines = text.Split('\n');
        int line = Array.FindIndex(lines, line => line.TrimStart(' ').StartsWith('\t'));
        if (line >= 0)
        {
            return new Problem(ErrorCodes.YamlSyntax, "a line is indented with a tab", "Indent with spaces.",
                new TextPlace(_path, line + 1, 1));
        }

        string reason = exception is YamlException
            ? (exception.InnerException ?? exception).Message.TrimEnd('.').ReplaceLineEndings(" ")
            : "the text ends or breaks off here";
        string? hint = reason.Contains("quoted scalar", StringComparison.Ordinal) ? "Close the quote that is opened here."
            : lines.Length > 0
                && lines[Math.Clamp((int)place.Line - 1, 0, lines.Length - 1)].AsSpan().IndexOfAny('\u201C', '\u201D', '\u2019') >= 0
                    ? "Write straight quotes."
            : null;
        return new Problem(ErrorCodes.YamlSyntax, CheckpointException.Printable(reason), hint, At(place));
    }

    private void ReadDocuments(List<YamlNode> documents)
    {
        _parser.Consume<StreamStart>();
        while (!_parser.TryConsume<StreamEnd>(out _))
        {
            _parser.Consume<DocumentStart>();
            _anchors.Clear();
            YamlNode node = ReadNode();
            _parser.Consume<DocumentEnd>();
            if (node is not YamlScalar { IsNull: true })
            {
                documents.Add(node);
            }
        }
    }

    private YamlNode ReadNode()
    {
        if (_parser.Current is AnchorAlias alias)
        {
            _parser.MoveNext();
            return Unfold(alias);
        }

        if (_depth == MostDepth)
        {
            throw Refusal(ErrorCodes.YamlSyntax,
                string.Create(CultureInfo.InvariantCulture, $"values are nested more than {MostDepth} deep"), _parser.Current!.Start);
        }

        int before = _nodes;
        NodeEvent start = _parser.Current as NodeEvent ?? throw Unexpected();
        if (!_keepsTags && !start.Tag.IsEmpty && !start.Tag.IsNonSpecific)
        {
            _problems.Add(new Problem(ErrorCodes.YamlSyntax,
                $"tag '{CheckpointException.Printable(start.Tag.Value)}' is not allowed: only plain data is read", "Remove the tag.",
                At(start.Start)));
        }

        string? anchor = start.Anchor.IsEmpty ? null : start.Anchor.Value;
        if (anchor is not null)
        {
            _open.Add(anchor);
        }

        Count(1, start.Start);
        _depth++;
        _last = start.Start;
        YamlNode node = start switch
        {
            Scalar => ReadScalar(),
            SequenceStart => ReadSequence(),
            MappingStart => ReadMapping(),
            _ => throw Unexpected(),
        };
        _depth--;
        if (_keepsTags && !start.Tag.IsEmpty)
        {
            node = node with { Tag = start.Tag.Value };
        }

        if (anchor is not null)
        {
            _open.Remove(anchor);
            node = node with { Anchor = anchor };
            _anchors[anchor] = (node, _nodes - before);
        }

        return node;
    }

    private YamlNode Unfold(AnchorAlias alias)
    {
        string name = alias.Value.Value;
        if (_open.Contains(name))
        {
            throw Refusal(ErrorCodes.YamlAlias, $"'*{name}' stands inside '&{name}', which it repeats", alias.Start);
        }

        if (!_anchors.TryGetValue(name, out (YamlNode Node, int Size) anchor))
        {
            throw Refusal(ErrorCodes.YamlAlias, $"'*{CheckpointException.Printable(name)}' repeats an anchor that is not there",
                alias.Start);
        }

        Count(anchor.Size, alias.Start);
        return anchor.Node;
    }

    private YamlScalar ReadScalar()
    {
        Scalar scalar = _parser.Consume<Scalar>();
        if (scalar.Value.Length > MostCharacters)
        {
            throw Refusal(
                ErrorCodes.YamlSyntax,
                string.Create(CultureInfo.InvariantCulture,
                    $"a text has {scalar.Value.Length:N0} characters; the most is {MostCharacters:N0}"), scalar.Start);
        }

        return scalar.Value.Contains('\0', StringComparison.Ordinal)
            ? throw Refusal(ErrorCodes.YamlSyntax, "a text holds the character NUL", scalar.Start)
            : new YamlScalar(scalar.Value, scalar.Style == ScalarStyle.Plain, At(scalar.Start));
    }

    private YamlSequence ReadSequence()
    {
        SequenceStart start = _parser.Consume<SequenceStart>();
        List<YamlNode> items = [];
        while (!_parser.TryConsume<SequenceEnd>(out _))
        {
            items.Add(ReadNode());
        }

        return new YamlSequence(items, At(start.Start));
    }

    private YamlMapping ReadMapping()
    {
        MappingStart start = _parser.Consume<MappingStart>();
        List<(YamlScalar Key, YamlNode Value)> entries = [];
        List<YamlMapping> merged = [];
        HashSet<string> keys = new(StringComparer.Ordinal);
        while (!_parser.TryConsume<MappingEnd>(out _))
        {
            YamlNode key = ReadNode();
            YamlNode value = ReadNode();
            if (key is not YamlScalar name)
            {
                _problems.Add(new Problem(ErrorCodes.WrongType, $"a key must be a word, found {key.Kind}", null, key.Place));
            }
            else if (name is { IsPlain: true, Text: "<<" })
            {
                merged.AddRange(Merged(value));
            }
            else if (!keys.Add(name.Text))
            {
                _problems.Add(new Problem(ErrorCodes.DuplicateKey, $"{name.Kind} stands twice in this mapping", "Keep one of the two.",
                    name.Place));
            }
            else
            {
                entries.Add((name, value));
            }
        }

        return new YamlMapping(merged.Count == 0 ? entries : Merge(merged, entries), At(start.Start));
    }

    // As in Python, what is merged in stands first. What the mapping says itself wins, and of what is merged in the first.
    private static List<(YamlScalar Key, YamlNode Value)> Merge(IEnumerable<YamlMapping> merged, List<(YamlScalar Key, YamlNode Value)> own)
    {
        OrderedDictionary<string, (YamlScalar Key, YamlNode Value)> all = new(StringComparer.Ordinal);
        foreach ((YamlScalar key, YamlNode value) in merged.Reverse().SelectMany(mapping => mapping.Entries).Concat(own))
        {
            all[key.Text] = (key, value);
        }

        return [.. all.Values];
    }

    private IEnumerable<YamlMapping> Merged(YamlNode value)
    {
        foreach (YamlNode source in value is YamlSequence sequence ? sequence.Items : [value])
        {
            if (source is YamlMapping mapping)
            {
                yield return mapping;
            }
            else
            {
                _problems.Add(new Problem(ErrorCodes.WrongType, $"'<<' merges mappings, found {source.Kind}", null, source.Place));
            }
        }
    }

    private void Count(int nodes, Mark place)
    {
        _nodes += nodes;
        if (_nodes > MostNodes)
        {
            throw Refusal(ErrorCodes.YamlAlias,
                string.Create(CultureInfo.InvariantCulture, $"the file unfolds to more than {MostNodes:N0} values"), place);
        }
    }

    private MergeHostException Refusal(ErrorCode code, string message, Mark place) =>
        new(new Problem(code, message, null, At(place)), null);

    private TextPlace At(Mark mark) => new(_path, (int)mark.Line, (int)mark.Column);

    private YamlException Unexpected() => new(_parser.Current!.Start, _parser.Current.End, "a value is expected here");
}
