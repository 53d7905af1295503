using System.Reflection;

namespace MergeHost.Options;

/// <summary>The parameters that an options record declares.</summary>
internal sealed class OptionsSchema
{
    private readonly Type _type;
    private readonly PropertyInfo? _place;

    /// <exception cref="MissingMethodException">The record has no parameterless constructor.</exception>
    public OptionsSchema(Type type)
    {
        _type = type;
        object defaults = Activator.CreateInstance(type)!;
        Options =
        [
            .. type.GetProperties(BindingFlags.Public | BindingFlags.Instance)
                .Where(property => property.SetMethod is { IsPublic: true } && property.PropertyType != typeof(TextPlace))
                .Select(property => new OptionInfo(property, defaults)),
        ];
        _place = type.GetProperty("Place") is { } place && place.PropertyType == typeof(TextPlace) ? place : null;
    }

    /// <summary>In the order of declaration.</summary>
    public IReadOnlyList<OptionInfo> Options { get; }

    /// <summary>Problems of options whose values do not go together.</summary>
    /// <param name="owner">Whose they are, for messages.</param>
    /// <param name="options">The record.</param>
    /// <param name="place">Where they stand, or <see langword="null"/>.</param>
    public static IEnumerable<Problem> Conflicts(string owner, object options, TextPlace? place) => options is IValidates record
        ? record.Validate().Select(message => new Problem(ErrorCodes.ValueOutOfRange, $"'{owner}': {message}", null, place))
        : [];

    /// <summary>Makes a record.</summary>
    /// <param name="value">The value of each option; required ones that the record is not asked about may be left at anything.</param>
    /// <param name="place">Where they stand, for a record that asks for it.</param>
    public object Create(Func<OptionInfo, object?> value, TextPlace? place = null)
    {
        object options = Activator.CreateInstance(_type)!;
        _place?.SetValue(options, place);
        foreach (OptionInfo option in Options)
        {
            if (value(option) is { } found)
            {
                option.Set(options, found);
            }
        }

        return options;
    }
}
