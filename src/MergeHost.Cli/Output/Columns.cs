namespace MergeHost.Cli.Output;

/// <summary>Rows in columns, one line a row whatever its length, so that other programs can read them.</summary>
internal static class Columns
{
    /// <summary>Writes rows of as many cells each.</summary>
    public static void Write(IReadOnlyList<string[]> rows, int indent = 0)
    {
        if (rows.Count == 0)
        {
            return;
        }

        int[] widths = [.. Enumerable.Range(0, rows[0].Length).Select(column => rows.Max(row => row[column].Length))];
        foreach (string[] row in rows)
        {
            IEnumerable<string> cells = row.Select((cell, column) => cell.PadRight(widths[column]));
            Console.WriteLine((new string(' ', indent) + string.Join("  ", cells)).TrimEnd());
        }
    }
}
