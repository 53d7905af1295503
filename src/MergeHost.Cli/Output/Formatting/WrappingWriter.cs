using System.Text;

namespace MergeHost.Cli.Output.Formatting;

/// <summary>Writes lines on to a terminal, those that are longer than it wrapped between words, below their own beginning.</summary>
/// <remarks>Lines with colours, and words that are longer than a line, such as paths, are left to the terminal,
/// from which they can be copied whole.</remarks>
internal sealed class WrappingWriter(TextWriter inner, int width) : TextWriter
{
    private const int Hanging = 2;

    private readonly StringBuilder _line = new();

    public override Encoding Encoding => inner.Encoding;

    public override void Write(char value)
    {
        if (value != '\n')
        {
            _line.Append(value);
            return;
        }

        string line = _line.ToString();
        string margin = line[..^line.TrimStart(' ').Length];
        bool fits = line.Length <= width || line.Contains('\e')
            || line.Split(' ').Max(word => word.Length) > width - margin.Length - Hanging;
        foreach (string part in fits ? [line] : WrappedText.Lines(line, width - margin.Length, Hanging).Select(part => margin + part))
        {
            inner.Write(part + value);
        }

        _line.Clear();
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            inner.Write(_line.ToString());
            _line.Clear();
        }

        base.Dispose(disposing);
    }
}
