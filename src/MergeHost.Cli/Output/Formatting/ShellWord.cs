namespace MergeHost.Cli.Output.Formatting;

/// <summary>Words as a shell reads them.</summary>
internal static class ShellWord
{
    /// <summary>A word in quotes, unless no shell sees more in it than its letters.</summary>
    public static string Quoted(string word) =>
        word.Length > 0
            && word.All(letter => char.IsAsciiLetterOrDigit(letter)
                || letter is '/' or '.' or '-' or '_' or ':' or '=' or ',' or '+' or '@')
            ? word : $"'{word.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}
