using System.Reflection;

namespace MergeHost.Options;

/// <summary>The parameters that an options record declares.</summary>
internal sealed class OptionsSchema
{
    private readonly Type _type;

    /// <exception cref="MissingMethodException">The record has no parameterless constructor.</exception>
    public OptionsSchema(Type type)
    {
        _type = type;
        object defaults = Activator.CreateInstance(type)!;
        Options =
        [
            .. type.GetProperties(BindingFlags.Public | BindingFlags.Instance)
                .Where(property => property.SetMethod is { IsPublic: true })
                .Select(property => new OptionInfo(property, defaults)),
        ];
    }

    /// <summary>In the order of declaration.</summary>
    public IReadOnlyList<OptionInfo> Options { get; }

    /// <summary>Makes a record.</summary>
    /// <param name="value">The value of each option; required ones that the record is not asked about may be left at anything.</param>
    public object Create(Func<OptionInfo, object?> value)
    {
        object options = Activator.CreateInstance(_type)!;
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
