using System.Globalization;
using System.Text.RegularExpressions;

namespace MergeHost.Cli.Tests.Documents;

/// <summary>A command of a console block, with what the document says that it prints.</summary>
/// <param name="Command">The command, as typed.</param>
/// <param name="Expected">The lines below it; none if the document does not say.</param>
internal sealed partial record ConsoleBlock(string Command, IReadOnlyList<string> Expected)
{
    private const string Anything = "…";

    public static IReadOnlyList<ConsoleBlock> Read(string text)
    {
        List<(List<string> Command, List<string> Expected)> commands = [];
        bool continues = false;
        foreach (string line in text.TrimEnd('\n').Split('\n'))
        {
            if (continues)
            {
                commands[^1].Command.Add(line);
            }
            else if (line.StartsWith("$ ", StringComparison.Ordinal))
            {
                commands.Add(([line[2..]], []));
            }
            else
            {
                Assert.True(commands.Count > 0, $"'{line}' is below no command: a command begins with '$ '");
                commands[^1].Expected.Add(line);
            }

            continues = commands[^1].Expected.Count == 0 && line.EndsWith('\\');
        }

        return [.. commands.Select(command => new ConsoleBlock(string.Join('\n', command.Command), command.Expected))];
    }

    /// <summary>Whether the document shows an error, so that the command ends with another exit code than 0.</summary>
    public bool Fails => Expected.Any(line => line.Contains("error MH", StringComparison.Ordinal));

    /// <summary>Whether the document shows an error or a warning, which are written to stderr.</summary>
    public bool Talks => Expected.Any(line => line.Contains(" MH", StringComparison.Ordinal));

    /// <summary>
    /// Whether lines are what the document says: word by word; a line <c>…</c> stands for any lines, within a line it stands for any text,
    /// and a number with a point may be off by 2 %, as processors round in different ways.
    /// </summary>
    public bool IsLike(IReadOnlyList<string> found) => Expected.Count == 0 || AreLike([.. Expected], [.. found]);

    private static bool AreLike(ReadOnlySpan<string> expected, ReadOnlySpan<string> found)
    {
        while (expected.Length > 0 && expected[0] != Anything)
        {
            if (found.Length == 0 || !IsLike(Words(expected[0]), Words(found[0])))
            {
                return false;
            }

            expected = expected[1..];
            found = found[1..];
        }

        if (expected.Length == 0)
        {
            return found.Length == 0;
        }

        for (int skipped = 0; skipped <= found.Length; skipped++)
        {
            if (AreLike(expected[1..], found[skipped..]))
            {
                return true;
            }
        }

        return false;
    }

    private static bool IsLike(string[] expected, string[] found)
    {
        if (expected is [.., Anything])
        {
            return found.Length >= expected.Length - 1 && IsLike(expected[..^1], found[..(expected.Length - 1)]);
        }

        if (!Array.Exists(expected, word => word.Contains(Anything, StringComparison.Ordinal)))
        {
            return expected.Length == found.Length && expected.Zip(found).All(pair => IsLike(pair.First, pair.Second));
        }

        string pattern = Regex.Escape(string.Join(' ', expected)).Replace(Anything, ".*", StringComparison.Ordinal);
        return Regex.IsMatch(string.Join(' ', found), $"^{pattern}$");
    }

    private static bool IsLike(string expected, string found) =>
        expected == found || (Number.Match(expected) is { Success: true } one && Number.Match(found) is { Success: true } other
            && one.Groups["sign"].Value == other.Groups["sign"].Value && IsNear(ValueOf(one), ValueOf(other)));

    private static double ValueOf(Match number) => double.Parse(number.Groups["value"].Value, CultureInfo.InvariantCulture);

    private static bool IsNear(double one, double other) => Math.Abs(one - other) <= 0.02 * Math.Max(1, Math.Abs(one));

    private static string[] Words(string line) => line.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    [GeneratedRegex(@"^(?<sign>[±(]?)(?<value>[+-]?\d+\.\d+)%?[,)]?$")]
    private static partial Regex Number { get; }
}
