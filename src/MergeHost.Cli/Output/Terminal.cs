using System.Text.RegularExpressions;

namespace MergeHost.Cli.Output;

/// <summary>What the terminal, if there is one, shows: how many columns, and which colours.</summary>
internal static partial class Terminal
{
    private const int UsualWidth = 80;

    /// <summary>When there are colours: <c>auto</c>, <c>always</c> or <c>never</c>.</summary>
    public static string Colours { get; set; } = "auto";

    /// <summary>The columns of a stream; without end where it is no terminal, so that programs find one line a row.</summary>
    public static int Width(bool isRedirected)
    {
        if (isRedirected)
        {
            return int.MaxValue;
        }

        try
        {
            return Console.WindowWidth > 0 ? Console.WindowWidth : UsualWidth;
        }
        catch (IOException)
        {
            return UsualWidth;
        }
    }

    /// <summary>Whether a stream is given colours.</summary>
    public static bool HasColours(bool isRedirected) => Colours switch
    {
        "always" => true,
        "never" => false,
        _ => !isRedirected && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"))
            && Environment.GetEnvironmentVariable("TERM") != "dumb",
    };

    /// <summary>A text in a colour, where colours are on.</summary>
    public static string Paint(string text, Colour colour, bool isOn) =>
        isOn && text.Length > 0 && colour != Colour.None ? $"\e[{(int)colour}m{text}\e[0m" : text;

    /// <summary>A line of a problem: its place, its kind and its hint can be told apart at a glance.</summary>
    public static string PaintProblem(string line, bool isOn) => !isOn ? line : Kind().Replace(line, found =>
        Paint(found.Groups["place"].Value, Colour.Bold, true)
        + Paint(found.Groups["word"].Value,
            found.Groups["word"].Value[0] switch { 'e' => Colour.Red, 'w' => Colour.Yellow, _ => Colour.Cyan }, true));

    [GeneratedRegex(@"^(?<place>.*?\(\d+,\d+\): )?(?<word>(error|warning|hint)( MH\d{4})?:)")]
    private static partial Regex Kind();
}

/// <summary>Colours by their number in ANSI.</summary>
internal enum Colour
{
    None = 0,
    Bold = 1,
    Red = 31,
    Green = 32,
    Yellow = 33,
    Cyan = 36,
}
