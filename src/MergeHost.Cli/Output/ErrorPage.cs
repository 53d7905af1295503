using System.Text.RegularExpressions;
using MergeHost.Cli.Output.Formatting;

namespace MergeHost.Cli.Output;

/// <summary>The page of <c>docs/errors</c> about one code, which the program carries.</summary>
/// <param name="Code">The code, such as <c>MH2011</c>.</param>
/// <param name="Title">What went wrong, in a few words.</param>
/// <param name="Text">The page below its title: Markdown of paragraphs, headings, links and fenced blocks.</param>
internal sealed partial record ErrorPage(string Code, string Title, string Text)
{
    private const string Folder = "errors/";

    /// <summary>The codes that have a page, in order.</summary>
    public static IReadOnlyList<string> Codes { get; } =
    [
        .. typeof(ErrorPage).Assembly.GetManifestResourceNames().Where(name => name.StartsWith(Folder, StringComparison.Ordinal))
            .Select(name => name[Folder.Length..]).Order(StringComparer.Ordinal),
    ];

    /// <summary>The page of a code in upper or lower case, or <see langword="null"/>.</summary>
    public static ErrorPage? Find(string code)
    {
        using Stream? stream = typeof(ErrorPage).Assembly.GetManifestResourceStream(Folder + code.ToUpperInvariant());
        if (stream is null)
        {
            return null;
        }

        using StreamReader reader = new(stream);
        string[] parts = reader.ReadToEnd().Split('\n', 2);
        return new ErrorPage(code.ToUpperInvariant(), parts[0][(parts[0].IndexOf(':', StringComparison.Ordinal) + 2)..], parts[1].Trim());
    }

    /// <summary>Writes the page for a terminal.</summary>
    public void Write()
    {
        bool hasColours = Terminal.HasColours(Console.IsOutputRedirected);
        Console.WriteLine(Terminal.Paint($"{Code}: {Title}", Colour.Bold, hasColours));
        bool isCode = false;
        foreach (string part in Text.Split("\n\n"))
        {
            Console.WriteLine();
            isCode |= part.StartsWith("```", StringComparison.Ordinal);
            if (isCode)
            {
                foreach (string line in part.Split('\n').Where(line => !line.StartsWith("```", StringComparison.Ordinal)))
                {
                    Console.WriteLine($"    {line}");
                }

                isCode = !part.EndsWith("```", StringComparison.Ordinal);
            }
            else if (part.StartsWith("## ", StringComparison.Ordinal))
            {
                Console.WriteLine(Terminal.Paint(part[3..], Colour.Bold, hasColours));
            }
            else
            {
                WrappedText.Write(Link.Replace(part.Replace('\n', ' '), "${text}"), 0);
            }
        }
    }

    [GeneratedRegex(@"\[(?<text>[^\]]+)\]\([^)]+\)")]
    private static partial Regex Link { get; }
}
