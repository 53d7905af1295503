using System.Globalization;
using MergeHost.Plugins.LanguageModel.Python;

namespace MergeHost.Plugins.LanguageModel.Templates.Filters;

/// <summary>Jinja's filters of lists.</summary>
internal static class ListFilters
{
    private static readonly Dictionary<string, TemplateFilter> _filters = new()
    {
        ["list"] = (value, _, _) => PythonValue.Items(value).ToList(),
        ["first"] = (value, _, _) => PythonValue.Items(value) is [var first, ..]
            ? first
            : new Undefined("an empty list has no first item", IsLenient: false),
        ["last"] = (value, _, _) => PythonValue.Items(value) is [.., var last]
            ? last
            : new Undefined("an empty list has no last item", IsLenient: false),
        ["reverse"] = (value, _, _) => value is string text
            ? string.Concat(PythonText.Letters(text).Reverse())
            : PythonValue.Items(value).Reverse().ToList(),
        ["join"] = Join,
        ["map"] = Map,
        ["select"] = (value, arguments, scope) => Select(value, arguments, scope, hasAttribute: false, wanted: true),
        ["reject"] = (value, arguments, scope) => Select(value, arguments, scope, hasAttribute: false, wanted: false),
        ["selectattr"] = (value, arguments, scope) => Select(value, arguments, scope, hasAttribute: true, wanted: true),
        ["rejectattr"] = (value, arguments, scope) => Select(value, arguments, scope, hasAttribute: true, wanted: false),
        ["sort"] = (value, arguments, scope) =>
        {
            bool isReversed = arguments.IsTrue(0, "reverse");
            bool isExact = arguments.IsTrue(1, "case_sensitive");
            return Sort(PythonValue.Items(value), Path(arguments.Get(2, "attribute"), scope), isExact, isReversed);
        },
        ["unique"] = (value, arguments, scope) =>
        {
            bool isExact = arguments.IsTrue(0, "case_sensitive");
            Func<object?, object?> path = Path(arguments.Get(1, "attribute"), scope);
            return PythonValue.Items(value).DistinctBy(item => PythonKeys.Of(Folded(path(item), isExact)), PythonKeys.Instance).ToList();
        },
        ["min"] = (value, arguments, scope) => Extreme(value, arguments, scope, -1),
        ["max"] = (value, arguments, scope) => Extreme(value, arguments, scope, 1),
        ["sum"] = (value, arguments, scope) =>
        {
            Func<object?, object?> path = Path(arguments.Get(0, "attribute"), scope);
            return PythonValue.Items(value)
                .Aggregate(arguments.Get(1, "start", 0L), (sum, item) => PythonOperators.Apply(sum, "+", path(item)));
        },
        ["groupby"] = GroupBy,
        ["batch"] = Batch,
        ["slice"] = Slice,
    };

    public static TemplateFilter? Find(string name) => _filters.GetValueOrDefault(name);

    /// <summary>Sorts items; equal ones keep their order.</summary>
    /// <exception cref="FormatException">Some have no order.</exception>
    public static List<object?> Sort(IEnumerable<object?> items, Func<object?, object?> key, bool isExact, bool isReversed)
    {
        Comparer<object?> order = Comparer<object?>.Create(PythonOperators.Order);
        try
        {
            return isReversed
                ? [.. items.OrderByDescending(item => Folded(key(item), isExact), order)]
                : [.. items.OrderBy(item => Folded(key(item), isExact), order)];
        }
        catch (InvalidOperationException exception) when (exception.InnerException is FormatException inner)
        {
            throw inner;
        }
    }

    private static object? Folded(object? value, bool isExact) => value is string text && !isExact ? PythonText.Lower(text) : value;

    // The value of an attribute, such as 'name' or 'address.0'; of nothing the item itself.
    private static Func<object?, object?> Path(object? attribute, TemplateScope scope)
    {
        if (attribute is null)
        {
            return item => item;
        }

        object[] parts = attribute is long place
            ? [place]
            : [.. PythonValue.Text(attribute).Split('.')
                .Select(part => long.TryParse(part, CultureInfo.InvariantCulture, out long index) ? (object)index : part)];
        return item => parts.Aggregate(item, (found, part) => TemplateAccess.Item(found, part, scope.Options));
    }

    private static string Join(object? value, PythonArguments arguments, TemplateScope scope)
    {
        string separator = PythonValue.Text(arguments.Get(0, "d", ""));
        Func<object?, object?> path = Path(arguments.Get(1, "attribute"), scope);
        return TextMethods.Join(separator, PythonValue.Items(value).Select(item => PythonValue.Text(path(item))));
    }

    private static List<object?> Map(object? value, PythonArguments arguments, TemplateScope scope)
    {
        if (arguments.Count == 0)
        {
            Func<object?, object?> path = Path(arguments.Get(-1, "attribute"), scope);
            bool hasDefault = arguments.Has(int.MaxValue, "default");
            object? otherwise = arguments.Get(-1, "default");
            arguments.ThrowIfLeft();
            return [.. PythonValue.Items(value).Select(path).Select(found => found is Undefined && hasDefault ? otherwise : found)];
        }

        string name = arguments.Text(0, "filter");
        TemplateFilter filter = TemplateFilters.Find(name) ?? throw new FormatException($"filter '| {name}' is not supported");
        return [.. PythonValue.Items(value)
            .Select(item => TemplateFilters.Run(filter, name, scope, item,
                new PythonArguments(name, [.. arguments.Places.Skip(1)], arguments.Names)))];
    }

    private static List<object?> Select(object? value, PythonArguments arguments, TemplateScope scope, bool hasAttribute, bool wanted)
    {
        Func<object?, object?> path = Path(hasAttribute ? arguments.Get(0, "attribute") : null, scope);
        int first = hasAttribute ? 1 : 0;
        if (arguments.Count <= first)
        {
            return [.. PythonValue.Items(value).Where(item => PythonValue.IsTrue(path(item)) == wanted)];
        }

        string name = arguments.Text(first, "test");
        TemplateTest test = TemplateTests.Find(name) ?? throw new FormatException($"test 'is {name}' is not supported");
        return [.. PythonValue.Items(value)
            .Where(item => test(path(item), new PythonArguments(name, [.. arguments.Places.Skip(first + 1)], arguments.Names)) == wanted)];
    }

    private static object? Extreme(object? value, PythonArguments arguments, TemplateScope scope, int sign)
    {
        bool isExact = arguments.IsTrue(0, "case_sensitive");
        Func<object?, object?> path = Path(arguments.Get(1, "attribute"), scope);
        IReadOnlyList<object?> items = PythonValue.Items(value);
        return items.Count == 0
            ? new Undefined("an empty list has no least and no largest item", IsLenient: false)
            : items.Aggregate((best, item) => PythonOperators.Order(Folded(path(item), isExact), Folded(path(best), isExact)) * sign > 0
                ? item
                : best);
    }

    private static List<object?> GroupBy(object? value, PythonArguments arguments, TemplateScope scope)
    {
        Func<object?, object?> path = Path(arguments.Get(0, "attribute"), scope);
        object? otherwise = arguments.Get(1, "default");
        bool isExact = arguments.IsTrue(2, "case_sensitive");
        List<object?> sorted = Sort(PythonValue.Items(value), Key, isExact, isReversed: false);
        return [.. sorted.GroupBy(item => PythonKeys.Of(Folded(Key(item), isExact)), PythonKeys.Instance)
            .Select(group => (object?)new PythonTuple([Key(group.First()), group.ToList()], "grouper", "list"))];

        object? Key(object? item) => path(item) is Undefined ? otherwise : path(item);
    }

    private static List<object?> Batch(object? value, PythonArguments arguments, TemplateScope scope)
    {
        int count = (int)Math.Clamp(arguments.Whole(0, "linecount", 1), 1, TemplateLimits.Source);
        object? fill = arguments.Get(1, "fill_with");
        return [.. PythonValue.Items(value).Chunk(count)
            .Select(chunk =>
                (object?)new List<object?>(fill is null ? chunk : [.. chunk, .. Enumerable.Repeat(fill, count - chunk.Length)]))];
    }

    private static List<object?> Slice(object? value, PythonArguments arguments, TemplateScope scope)
    {
        int count = (int)Math.Clamp(arguments.Whole(0, "slices", 1), 1, TemplateLimits.Source);
        object? fill = arguments.Get(1, "fill_with");
        IReadOnlyList<object?> items = PythonValue.Items(value);
        (int each, int more) = (items.Count / count, items.Count % count);
        return [.. Enumerable.Range(0, count).Select(slice =>
        {
            List<object?> part = [.. items.Skip((slice * each) + Math.Min(slice, more)).Take(each + (slice < more ? 1 : 0))];
            return (object?)(fill is not null && slice >= more && more > 0 ? [.. part, fill] : part);
        })];
    }
}
