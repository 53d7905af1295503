using System.Globalization;
using MergeHost.Plugins.LanguageModel.Python;

namespace MergeHost.Plugins.LanguageModel.Templates.Filters;

/// <summary>The methods of Python's lists and mappings; those of texts are in <see cref="TextMethods"/>.</summary>
internal static class TemplateMethods
{
    /// <summary>A method of a value, or <see langword="null"/> if it has none of this name.</summary>
    public static PythonFunction? Find(object? holder, string name) => holder switch
    {
        string text => TextMethods.Find(text, name),
        PythonMap map => OfMap(map, name),
        List<object?> list when name == "append" => arguments => Append(list, arguments),
        IReadOnlyList<object?> items => OfList(items, name),
        DateTime moment => OfMoment(moment, name),
        double number when name == "is_integer" => _ => number == Math.Truncate(number),
        _ => null,
    };

    private static PythonFunction? OfMap(PythonMap map, string name) => name switch
    {
        "items" => _ => map.Entries.Select(entry => (object?)new PythonTuple([entry.Key, entry.Value])).ToList(),
        "keys" => _ => map.Keys,
        "values" => _ => map.Values,
        "get" => arguments => map.TryGet(arguments.Get(0, "key"), out object? value) ? value : arguments.Get(1, "default"),
        _ => null,
    };

    private static PythonFunction? OfList(IReadOnlyList<object?> items, string name) => name switch
    {
        "index" => arguments =>
            items.Index()
                .FirstOrDefault(item => PythonOperators.AreEqual(item.Item, arguments.Get(0, "value")),
                    (-1, null)) is ( >= 0 and int place, _)
                ? (long)place
                : throw new FormatException($"{PythonValue.Repr(arguments.Get(0, "value"))} is not in the list"),
        "count" => arguments => (long)items.Count(item => PythonOperators.AreEqual(item, arguments.Get(0, "value"))),
        _ => null,
    };

    private static PythonFunction? OfMoment(DateTime moment, string name) => name switch
    {
        "isoformat" => _ => moment.ToString("yyyy-MM-ddTHH:mm:ss", CultureInfo.InvariantCulture),
        "strftime" => arguments => PythonMoment.Format(moment, arguments.Text(0, "format")),
        _ => null,
    };

    private static object? Append(List<object?> list, PythonArguments arguments)
    {
        list.Add(arguments.Get(0, "object"));
        return list.Count <= TemplateLimits.Source ? null : throw new FormatException("a list is too long");
    }
}
