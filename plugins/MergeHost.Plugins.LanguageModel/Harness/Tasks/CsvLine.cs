using System.Text;

namespace MergeHost.Plugins.LanguageModel.Harness.Tasks;

/// <summary>Reads rows of cells with commas between them; quotes hold commas, quotes and line ends.</summary>
internal static class CsvLine
{
    public static IEnumerable<string[]> ReadAll(string text)
    {
        List<string> cells = [];
        StringBuilder cell = new();
        bool isQuoted = false;
        bool hasCells = false;
        for (int place = 0; place < text.Length; place++)
        {
            char sign = text[place];
            if (isQuoted)
            {
                bool isDouble = sign == '"' && place + 1 < text.Length && text[place + 1] == '"';
                isQuoted = sign != '"' || isDouble;
                cell.Append(sign != '"' || isDouble ? sign.ToString() : "");
                place += isDouble ? 1 : 0;
            }
            else if (sign == '"' && cell.Length == 0)
            {
                (isQuoted, hasCells) = (true, true);
            }
            else if (sign is ',')
            {
                cells.Add(cell.ToString());
                cell.Clear();
                hasCells = true;
            }
            else if (sign is '\n' or '\r')
            {
                if (hasCells || cell.Length > 0)
                {
                    yield return [.. cells, cell.ToString()];
                }

                cells.Clear();
                cell.Clear();
                hasCells = false;
            }
            else
            {
                cell.Append(sign);
            }
        }

        if (hasCells || cell.Length > 0)
        {
            yield return [.. cells, cell.ToString()];
        }
    }
}
