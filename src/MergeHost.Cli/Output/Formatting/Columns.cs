namespace MergeHost.Cli.Output.Formatting;

/// <summary>Rows in columns: one line a row for programs, and no line longer than a terminal.</summary>
internal static class Columns
{
    private const int Gap = 2;

    /// <summary>Writes rows of as many cells each.</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="indent">The margin.</param>
    /// <param name="keys">How many columns say what a row is.</param>
    /// <param name="colour">The colour of a cell, by row and column.</param>
    public static void Write(IReadOnlyList<string[]> rows, int indent = 0, int keys = 1, Func<int, int, Colour>? colour = null)
    {
        bool isPainted = colour is not null && Terminal.HasColours(Console.IsOutputRedirected);
        foreach (string line in Lines(rows, Terminal.Width(Console.IsOutputRedirected) - indent, keys, isPainted ? colour : null))
        {
            Console.WriteLine((new string(' ', indent) + line).TrimEnd());
        }
    }

    /// <summary>The lines of rows.</summary>
    /// <param name="rows">Rows of as many cells each.</param>
    /// <param name="width">
    /// How long a line may be. Where a row is longer, a last column of words is wrapped; else columns are shown in blocks one below the
    /// other, each with the columns that say what a row is. No number is cut.
    /// </param>
    /// <param name="keys">How many columns say what a row is.</param>
    /// <param name="colour">The colour of a cell, by row and column.</param>
    public static IEnumerable<string> Lines(IReadOnlyList<string[]> rows, int width, int keys = 1, Func<int, int, Colour>? colour = null)
    {
        if (rows.Count == 0)
        {
            return [];
        }

        int[] widths = [.. Enumerable.Range(0, rows[0].Length).Select(column => rows.Max(row => row[column].Length))];
        int[] all = [.. Enumerable.Range(0, widths.Length)];
        if (Total(widths, all) <= width)
        {
            return Block(rows, widths, all, int.MaxValue, colour);
        }

        int before = Total(widths, all[..^1]) + Gap;
        return all.Length > 1 && before <= width * 2 / 3
            && rows.Any(row => row[^1].Contains(' ', StringComparison.Ordinal) && row[^1].Length > width - before)
            ? Block(rows, widths, all, width - before, colour)
            : Blocks(rows, widths, width, keys, colour);
    }

    // Blocks are apart by an empty line.
    private static IEnumerable<string> Blocks(IReadOnlyList<string[]> rows, int[] widths, int width, int keys,
        Func<int, int, Colour>? colour)
    {
        int column = keys;
        do
        {
            List<int> block = [.. Enumerable.Range(0, keys)];
            while (column < widths.Length && (block.Count == keys || Total(widths, [.. block, column]) <= width))
            {
                block.Add(column++);
            }

            foreach (string line in Block(rows, widths, [.. block], int.MaxValue, colour))
            {
                yield return line;
            }

            if (column < widths.Length)
            {
                yield return "";
            }
        }
        while (column < widths.Length);
    }

    private static IEnumerable<string> Block(IReadOnlyList<string[]> rows, int[] widths, int[] columns, int lastWidth,
        Func<int, int, Colour>? colour)
    {
        foreach ((int index, string[] row) in rows.Index())
        {
            string[] last = [.. WrappedText.Lines(row[columns[^1]], lastWidth).DefaultIfEmpty("")];
            string head = string.Concat(columns[..^1]
                .Select(column => Cell(index, column, row[column]) + new string(' ', widths[column] - row[column].Length + Gap)));
            yield return head + Cell(index, columns[^1], lastWidth == int.MaxValue ? row[columns[^1]] : last[0]);
            foreach (string more in lastWidth == int.MaxValue ? [] : last[1..])
            {
                yield return new string(' ', Total(widths, columns[..^1]) + Gap) + more;
            }
        }

        string Cell(int row, int column, string text) =>
            Terminal.Paint(text, colour?.Invoke(row, column) ?? Colour.None, isOn: colour is not null);
    }

    private static int Total(int[] widths, int[] columns) =>
        columns.Sum(column => widths[column]) + (Gap * Math.Max(0, columns.Length - 1));
}
