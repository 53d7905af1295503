using System.Globalization;
using MergeHost.Checkpoints;

namespace MergeHost.Plugins.PyTorch.Pickles;

/// <summary>Values of a pickle in words, for messages.</summary>
internal static class PickleText
{
    /// <summary>A name or key in quotes, fit for a terminal.</summary>
    public static string Quote(object? value) =>
        $"'{CheckpointException.Printable(Convert.ToString(value is NoneKey ? "None" : value, CultureInfo.InvariantCulture) ?? "")}'";

    /// <summary>What a value is.</summary>
    public static string Kind(object? value) => value switch
    {
        null => "None",
        bool => "a truth value",
        string => "a text",
        double => "a number with a fraction",
        long or System.Numerics.BigInteger => "a number",
        PickleTuple => "a tuple",
        PickleList => "a list",
        PickleMap => "a dict",
        PickleGlobal name => Quote(name),
        PlainValue plain => plain.Kind,
        InertObject inert => $"an object of {Quote(inert.Type)}",
        _ => "a tensor or a storage",
    };
}
