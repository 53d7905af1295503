namespace MergeHost.Cli.Output;

/// <summary>Text in lines of a hundred characters at most.</summary>
internal static class WrappedText
{
    /// <summary>Writes a text with a margin; nothing of nothing.</summary>
    public static void Write(string? text, int indent)
    {
        const int width = 100;
        string margin = new(' ', indent);
        string line = margin;
        foreach (string word in (text ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.Length > indent && line.Length + 1 + word.Length > width)
            {
                Console.WriteLine(line);
                line = margin;
            }

            line += line.Length > indent ? $" {word}" : word;
        }

        if (line.Length > indent)
        {
            Console.WriteLine(line);
        }
    }
}
