using System.Reflection;
using MergeHost.Models.Calls;
using MergeHost.Plugins.Metadata;

namespace MergeHost.Options;

/// <summary>The parameters that an options record declares.</summary>
internal sealed class OptionsSchema
{
    private readonly Type _type;
    private readonly InstalledExport? _export;
    private readonly PropertyInfo? _place;

    /// <param name="type">The record.</param>
    /// <param name="export">Whose it is, so that what its code throws is put down to the plugin;
    /// <see langword="null"/> for one of the host's.</param>
    /// <exception cref="MissingMethodException">The record has no parameterless constructor.</exception>
    public OptionsSchema(Type type, InstalledExport? export = null)
    {
        (_type, _export) = (type, export);
        object defaults = Guarded(() => Activator.CreateInstance(type)!);
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
    /// <exception cref="MergeHostException">The record's check throws.</exception>
    public IReadOnlyList<Problem> Conflicts(string owner, object options, TextPlace? place) => options is IValidates record
        ? [.. Guarded(() => record.Validate().ToArray())
            .Select(message => new Problem(ErrorCodes.ValueOutOfRange, $"'{owner}': {message}", null, place))]
        : [];

    /// <summary>The schema of a record that is an option of this one.</summary>
    public OptionsSchema Of(Type record) => new(record, _export);

    /// <summary>Makes a record.</summary>
    /// <param name="value">The value of each option; required ones that the record is not asked about may be left at anything.</param>
    /// <param name="place">Where they stand, for a record that asks for it.</param>
    public object Create(Func<OptionInfo, object?> value, TextPlace? place = null)
    {
        object options = Guarded(() => Activator.CreateInstance(_type)!);
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

    private T Guarded<T>(Func<T> call) => PluginCall.Run(_export, "its options", call);
}
