namespace MergeHost.Cli.Output.Formatting;

/// <summary>Text in lines that a terminal shows whole.</summary>
internal static class WrappedText
{
    private const int Widest = 100;

    /// <summary>Writes a text with a margin, in lines of a hundred characters at most; nothing of nothing.</summary>
    public static void Write(string? text, int indent)
    {
        foreach (string line in Lines(text ?? "", Math.Min(Widest, Terminal.Width(Console.IsOutputRedirected)) - indent))
        {
            Console.WriteLine(new string(' ', indent) + line);
        }
    }

    /// <summary>The lines of a text; a word that is longer than a line is cut in two.</summary>
    /// <param name="text">The text, whose own lines stay.</param>
    /// <param name="width">How long a line may be.</param>
    /// <param name="hanging">By how much all but the first are indented.</param>
    public static IEnumerable<string> Lines(string text, int width, int hanging = 0)
    {
        width = Math.Max(width, hanging + 8);
        string line = "";
        bool isFirst = true;
        foreach (string word in text.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            string rest = word;
            if (line.Length > 0 && Room() < line.Length + 1 + rest.Length)
            {
                yield return Taken();
            }

            while (Room() < rest.Length)
            {
                line = rest[..Room()];
                rest = rest[Room()..];
                yield return Taken();
            }

            line += line.Length > 0 ? $" {rest}" : rest;
        }

        if (line.Length > 0)
        {
            yield return Taken();
        }

        int Room() => isFirst ? width : width - hanging;

        string Taken()
        {
            string taken = (isFirst ? "" : new string(' ', hanging)) + line;
            (line, isFirst) = ("", false);
            return taken;
        }
    }
}
