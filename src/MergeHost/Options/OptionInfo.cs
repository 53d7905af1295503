using System.Collections;
using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.Json;
using MergeHost.Builders;
using MergeHost.Checkpoints;
using MergeHost.Storage.Text;
using MergeHost.Strategies;

namespace MergeHost.Options;

/// <summary>One parameter, as a property of an options record declares it.</summary>
internal sealed class OptionInfo
{
    private readonly PropertyInfo _property;
    private readonly RangeAttribute? _range;
    private readonly Type _type;
    private readonly bool _saturates;

    public OptionInfo(PropertyInfo property, object defaults)
        : this(property, property.PropertyType)
    {
        IsPerSource = property.IsDefined(typeof(PerSourceAttribute));
        IsRequired = property.IsDefined(typeof(RequiredMemberAttribute));
        IsShortForm = property.IsDefined(typeof(ShortFormAttribute));
        Default = IsRequired ? null : property.GetValue(defaults);
    }

    private OptionInfo(PropertyInfo property, Type type)
    {
        _property = property;
        _range = property.GetCustomAttribute<RangeAttribute>();
        _saturates = property.IsDefined(typeof(SaturatesAttribute));
        _type = Nullable.GetUnderlyingType(type) ?? type;
        Name = JsonNamingPolicy.SnakeCaseLower.ConvertName(property.Name);
        Entries = _type.IsGenericType && _type.GetGenericTypeDefinition() == typeof(IReadOnlyDictionary<,>)
            ? new OptionInfo(property, _type.GenericTypeArguments[1])
            : null;
        Items = _type.IsGenericType && _type.GetGenericTypeDefinition() == typeof(IReadOnlyList<>)
            ? new OptionInfo(property, _type.GenericTypeArguments[0])
            : null;
    }

    /// <summary>The name in recipes.</summary>
    public string Name { get; }

    /// <summary>The property that declares it.</summary>
    public PropertyInfo Property => _property;

    public bool IsPerSource { get; }

    public bool IsRequired { get; }

    /// <summary>The value when a recipe says nothing; <see langword="null"/> also when it must say something.</summary>
    public object? Default { get; }

    /// <summary>The type of the value.</summary>
    public Type Type => _type;

    /// <summary>What each item of a list is, or <see langword="null"/> for what is no list.</summary>
    public OptionInfo? Items { get; }

    /// <summary>What each entry of a dictionary by text is, or <see langword="null"/> for what is no dictionary.</summary>
    public OptionInfo? Entries { get; }

    /// <inheritdoc cref="ShortFormAttribute"/>
    public bool IsShortForm { get; }

    /// <summary>The type of a record with options of its own, or <see langword="null"/>.</summary>
    public Type? Record => Items is null && Entries is null && _type.IsClass && _type != typeof(string) && !IsAuxiliary ? _type : null;

    /// <summary>Whether a text is the name of a checkpoint beside the models.</summary>
    public bool IsAuxiliary => _type == typeof(AuxiliaryCheckpoint);

    /// <summary>Whether a text is the name of a model.</summary>
    public bool IsModel => _type == typeof(string) && _property.IsDefined(typeof(ModelAttribute));

    /// <summary>Whether a text is the path of a file.</summary>
    public bool IsFile => _type == typeof(string) && _property.IsDefined(typeof(InputFileAttribute));

    /// <summary>Whether values can lie between two others, so that a gradient runs smoothly.</summary>
    public bool IsContinuous => _type == typeof(double);

    /// <summary>The type in the words of recipes.</summary>
    public string TypeName => _type switch
    {
        _ when _type == typeof(double) => "number",
        _ when _type == typeof(bool) => "true or false",
        _ when _type.IsEnum => string.Join(" or ", EnumNames),
        _ when IsModel => "model",
        _ when IsAuxiliary => "checkpoint",
        _ when IsFile => "file",
        _ when _type == typeof(string) => "text",
        _ when Record is not null || Entries is not null => "mapping",
        _ when Items is not null => $"list of {Items.TypeName}{(Items.Record is null && !Items.IsModel ? "" : "s")}",
        _ => "whole number",
    };

    /// <summary>The range in brackets, such as <c>(0, 1]</c>, or <see langword="null"/> if every value will do.</summary>
    public string? RangeText => _range is null
        ? null
        : string.Create(CultureInfo.InvariantCulture,
            $"{(_range.MinimumIsExclusive ? '(' : '[')}{_range.Minimum}, "
                + $"{(_range.Maximum is double.PositiveInfinity ? "∞" : _range.Maximum)}{(_range.MaximumIsExclusive ? ')' : ']')}");

    /// <summary>The range, or <see langword="null"/> if every value will do.</summary>
    public RangeAttribute? Range => _range;

    /// <summary>The words of an enumeration.</summary>
    public IEnumerable<string> EnumNames => Enum.GetNames(_type).Select(JsonNamingPolicy.SnakeCaseLower.ConvertName);

    /// <summary>Sets the option of a record; one that saturates gets no more than the most of its range.</summary>
    public void Set(object options, object? value) =>
        _property.SetValue(options, _saturates && value is double number ? Math.Min(number, Most) : value);

    /// <summary>A value in the form that recipes have it.</summary>
    public static string Format(object? value) => value switch
    {
        null => "none",
        bool truth => truth ? "true" : "false",
        string text => text,
        IDictionary entries => $"{{{string.Join(", ", entries.Keys.Cast<object?>().Select(Format))}}}",
        IEnumerable items => $"[{string.Join(", ", items.Cast<object?>().Select(Format))}]",
        Enum word => JsonNamingPolicy.SnakeCaseLower.ConvertName(word.ToString()),
        _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
    };

    /// <summary>Reads a value; of a checkpoint its name, which who asks for it opens.</summary>
    /// <returns>
    /// The value, or a problem if it has the wrong type or is outside the range; both for one above the range of an option that saturates.
    /// </returns>
    public (object? Value, Problem? Problem) Parse(YamlScalar scalar)
    {
        object? value = ParseType(scalar);
        if (value is null)
        {
            string? hint = _type.IsEnum && Suggestion.Closest(scalar.Text, EnumNames) is { } closest ? $"did you mean '{closest}'?" : null;
            return (null,
                new Problem(ErrorCodes.WrongType, $"{Name} is {scalar.Kind}; it must be {Article(TypeName)}", hint, scalar.Place));
        }

        if (_range is not null && !IsWithin(_range, Convert.ToDouble(value, CultureInfo.InvariantCulture)))
        {
            if (_saturates && value is double number && number > Most)
            {
                string share = number <= 100
                    ? string.Create(CultureInfo.InvariantCulture, $"Write `{Name}: {Math.Round(number / 100, 6)}` if {number} % are meant.")
                    : $"Write `{Name}: {Format(Most)}`.";
                return (value,
                    new Problem(ErrorCodes.ValueOutOfRange,
                        $"{Name} is {scalar.Text}; it must be in {RangeText}, and what is more counts as {Format(Most)}, as in mergekit",
                        share, scalar.Place, Severity.Warning));
            }

            return (null,
                new Problem(ErrorCodes.ValueOutOfRange, $"{Name} is {scalar.Text}; it must be in {RangeText}", null, scalar.Place));
        }

        return (value, null);
    }

    private double Most => Convert.ToDouble(_range!.Maximum, CultureInfo.InvariantCulture);

    // Compared as numbers: RangeAttribute with whole bounds rounds what it is asked about, and takes 1.4 for 1.
    private static bool IsWithin(RangeAttribute range, double number)
    {
        double least = Convert.ToDouble(range.Minimum, CultureInfo.InvariantCulture);
        double most = Convert.ToDouble(range.Maximum, CultureInfo.InvariantCulture);
        return (range.MinimumIsExclusive ? number > least : number >= least) && (range.MaximumIsExclusive ? number < most : number <= most);
    }

    private static string Article(string type) =>
        type is "true or false" or "text" || type.Contains(" or ", StringComparison.Ordinal) ? type : $"a {type}";

    private object? ParseType(YamlScalar scalar)
    {
        if (_type == typeof(string) || IsAuxiliary)
        {
            return scalar.Text;
        }

        if (_type == typeof(bool))
        {
            // The truth values of YAML 1.1, and the numbers that Python takes for them.
            return scalar.Text.ToLowerInvariant() switch
            {
                "true" or "yes" or "on" or "1" or "1.0" => true,
                "false" or "no" or "off" or "0" or "0.0" => false,
                _ => null,
            };
        }

        if (Items is not null || Record is not null)
        {
            return null;
        }

        if (_type.IsEnum)
        {
            string? name = Enum.GetNames(_type).FirstOrDefault(name => JsonNamingPolicy.SnakeCaseLower.ConvertName(name) == scalar.Text);
            return name is null ? null : Enum.Parse(_type, name);
        }

        // With a zero in front YAML 1.1 reads octal digits, YAML 1.2 decimal ones; nobody means either.
        bool isAmbiguous = scalar.Text.TrimStart('-', '+') is ['0', >= '0' and <= '9', ..];
        const NumberStyles style = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;
        if (isAmbiguous || !double.TryParse(scalar.Text, style, CultureInfo.InvariantCulture, out double number)
            || !double.IsFinite(number))
        {
            return null;
        }

        if (_type == typeof(double))
        {
            return number;
        }

        return number == Math.Truncate(number) && Math.Abs(number) <= int.MaxValue
            ? Convert.ChangeType(number, _type, CultureInfo.InvariantCulture)
            : null;
    }
}
