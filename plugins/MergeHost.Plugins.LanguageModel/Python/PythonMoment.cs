using System.Globalization;
using System.Text;

namespace MergeHost.Plugins.LanguageModel.Python;

/// <summary>Moments as Python writes them: <c>strftime</c>.</summary>
internal static class PythonMoment
{
    /// <summary>Writes a moment.</summary>
    /// <exception cref="FormatException">The form has a sign that is not known.</exception>
    public static string Format(DateTime moment, string form)
    {
        StringBuilder text = new();
        for (int place = 0; place < form.Length; place++)
        {
            if (form[place] != '%' || place + 1 == form.Length)
            {
                text.Append(form[place]);
                continue;
            }

            bool isShort = form[place + 1] == '-' && place + 2 < form.Length;
            place += isShort ? 2 : 1;
            string part = form[place] switch
            {
                'Y' => "yyyy",
                'm' => "MM",
                'd' => "dd",
                'B' => "MMMM",
                'b' => "MMM",
                'A' => "dddd",
                'a' => "ddd",
                'y' => "yy",
                'H' => "HH",
                'I' => "hh",
                'M' => "mm",
                'S' => "ss",
                'p' => "tt",
                'j' => moment.DayOfYear.ToString("000", CultureInfo.InvariantCulture),
                '%' => "%",
                char other => throw new FormatException($"'%{other}' is no part of a moment"),
            };
            string written = form[place] is 'j' or '%' ? part : moment.ToString(part, CultureInfo.InvariantCulture);
            text.Append(isShort ? written[..^1].TrimStart('0') + written[^1] : written);
        }

        return text.ToString();
    }
}
