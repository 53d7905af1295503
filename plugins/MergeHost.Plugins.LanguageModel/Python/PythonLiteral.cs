using System.Globalization;
using System.Text;

namespace MergeHost.Plugins.LanguageModel.Python;

/// <summary>Reads values as Python's source has them: <c>ast.literal_eval</c>.</summary>
internal sealed class PythonLiteral
{
    private const int MostDepth = 100;

    private readonly string _text;
    private int _place;

    private PythonLiteral(string text)
    {
        _text = text;
    }

    /// <summary>Reads a text.</summary>
    /// <exception cref="FormatException">It is no value.</exception>
    public static object? Parse(string text)
    {
        PythonLiteral reader = new(text);
        object? value = reader.ReadTuple(depth: 0);
        reader.Skip();
        return reader._place == text.Length ? value : throw reader.Wrong();
    }

    /// <summary>Reads the inside of a text in quotes: <c>\n</c> and other escapes.</summary>
    /// <exception cref="FormatException">An escape is not complete.</exception>
    public static string Unescape(string inside)
    {
        if (!inside.Contains('\\', StringComparison.Ordinal))
        {
            return inside;
        }

        StringBuilder text = new();
        for (int place = 0; place < inside.Length; place++)
        {
            if (inside[place] != '\\' || place + 1 == inside.Length)
            {
                text.Append(inside[place]);
                continue;
            }

            char next = inside[++place];
            int digits = next switch { 'x' => 2, 'u' => 4, 'U' => 8, _ => 0 };
            if (digits > 0)
            {
                string code = place + digits < inside.Length
                    ? inside.Substring(place + 1, digits)
                    : throw new FormatException($"'\\{next}' is not complete");
                text.Append(Rune.TryCreate(int.Parse(code, NumberStyles.HexNumber, CultureInfo.InvariantCulture), out Rune rune)
                    ? rune.ToString()
                    : "\uFFFD");
                place += digits;
            }
            else if (next is >= '0' and <= '7')
            {
                string octal = new([.. inside.Skip(place).Take(3).TakeWhile(digit => digit is >= '0' and <= '7')]);
                text.Append((char)Convert.ToInt32(octal, 8));
                place += octal.Length - 1;
            }
            else
            {
                text.Append(next switch
                {
                    'n' => "\n",
                    't' => "\t",
                    'r' => "\r",
                    'a' => "\a",
                    'b' => "\b",
                    'f' => "\f",
                    'v' => "\v",
                    '\n' => "",
                    '\\' or '\'' or '"' => next.ToString(),
                    _ => $"\\{next}",
                });
            }
        }

        return text.ToString();
    }

    private FormatException Wrong() => new($"'{_text}' is no list, text or number as Python writes it");

    private void Skip()
    {
        while (_place < _text.Length && char.IsWhiteSpace(_text[_place]))
        {
            _place++;
        }
    }

    private bool TryTake(char sign)
    {
        Skip();
        bool isThere = _place < _text.Length && _text[_place] == sign;
        _place += isThere ? 1 : 0;
        return isThere;
    }

    // A list without brackets is a tuple.
    private object? ReadTuple(int depth)
    {
        object? first = Read(depth);
        if (!TryTake(','))
        {
            return first;
        }

        List<object?> items = [first];
        Skip();
        while (_place < _text.Length && _text[_place] != ')')
        {
            items.Add(Read(depth));
            if (!TryTake(','))
            {
                break;
            }

            Skip();
        }

        return new PythonTuple(items);
    }

    private object? Read(int depth)
    {
        Skip();
        if (_place >= _text.Length || depth > MostDepth)
        {
            throw Wrong();
        }

        switch (_text[_place])
        {
            case '[':
                _place++;
                return ReadItems(']', depth);
            case '{':
                _place++;
                return ReadMap(depth);
            case '(':
                _place++;
                if (TryTake(')'))
                {
                    return new PythonTuple([]);
                }

                object? inner = ReadTuple(depth + 1);
                return TryTake(')') ? inner : throw Wrong();
            case '\'' or '"':
                return ReadText();
            default:
                return ReadWord();
        }
    }

    private List<object?> ReadItems(char end, int depth)
    {
        List<object?> items = [];
        while (!TryTake(end))
        {
            items.Add(Read(depth + 1));
            if (!TryTake(','))
            {
                return TryTake(end) ? items : throw Wrong();
            }
        }

        return items;
    }

    private PythonMap ReadMap(int depth)
    {
        PythonMap map = new([]);
        while (!TryTake('}'))
        {
            object? key = Read(depth + 1);
            map.Set(key, TryTake(':') ? Read(depth + 1) : throw Wrong());
            if (!TryTake(','))
            {
                return TryTake('}') ? map : throw Wrong();
            }
        }

        return map;
    }

    private string ReadText()
    {
        StringBuilder text = new();
        while (_place < _text.Length && _text[_place] is '\'' or '"')
        {
            char quote = _text[_place++];
            int start = _place;
            while (_place < _text.Length && _text[_place] != quote)
            {
                _place += _text[_place] == '\\' ? 2 : 1;
            }

            text.Append(_place < _text.Length ? Unescape(_text[start.._place]) : throw Wrong());
            _place++;
            Skip();
        }

        return text.ToString();
    }

    private object? ReadWord()
    {
        int start = _place;
        while (_place < _text.Length && (char.IsAsciiLetterOrDigit(_text[_place]) || _text[_place] is '.' or '_' or '+' or '-'))
        {
            _place++;
        }

        string word = _text[start.._place];
        string digits = word.TrimStart('+', '-');
        return word switch
        {
            "None" => null,
            "True" => true,
            "False" => false,
            _ when digits.Length == 0 || !(char.IsAsciiDigit(digits[0]) || digits[0] == '.')
                || (digits.Length > 1 && digits[0] == '0' && digits.All(char.IsAsciiDigit) && digits.Trim('0').Length > 0) => throw Wrong(),
            _ when long.TryParse(word, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long whole) => whole,
            _ when double.TryParse(word, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) => number,
            _ => throw Wrong(),
        };
    }
}
