using System.Globalization;
using System.Text.Json.Nodes;
using MergeHost.Checkpoints;

namespace MergeHost.Plugins.LanguageModel.Models.Settings;

/// <summary>Reads the values of a <c>config.json</c>.</summary>
internal sealed class ConfigReader(JsonObject config)
{
    private const int MostSize = 1 << 28;

    /// <summary>A value that must be there.</summary>
    /// <exception cref="MergeHostException">MH2013: it is not there, or is of another type.</exception>
    public T Get<T>(string name)
        where T : struct => Find<T>(name) ?? throw ModelException.Config(name, Word<T>(), "nothing");

    /// <summary>A value that may be left out, or be <c>null</c>.</summary>
    /// <exception cref="MergeHostException">MH2013: it is of another type.</exception>
    public T? Find<T>(string name)
        where T : struct
    {
        JsonNode? node = config[name];
        return node is null ? null
            : node is JsonValue value && value.TryGetValue(out T found) ? found
            : throw ModelException.Config(name, Word<T>(), node.Words());
    }

    /// <summary>A size that must be there: a whole number from 1 up, which no model's is beyond.</summary>
    /// <exception cref="MergeHostException">MH2013: it is not there, or is no such number.</exception>
    public int Size(string name, int most = MostSize) =>
        FindSize(name, most) ?? throw ModelException.Config(name, "a whole number", "nothing");

    /// <summary>A size that may be left out, or be <c>null</c>.</summary>
    /// <exception cref="MergeHostException">MH2013: it is no whole number from 1 up.</exception>
    public int? FindSize(string name, int most = MostSize) => Find<int>(name) is not { } size ? null
        : size >= 1 && size <= most ? size
        : throw ModelException.Config(name, string.Create(CultureInfo.InvariantCulture, $"a whole number in [1, {most:N0}]"),
            size.ToString(CultureInfo.InvariantCulture));

    /// <summary>A text that may be left out, or be <c>null</c>.</summary>
    /// <exception cref="MergeHostException">MH2013: it is of another type.</exception>
    public string? Text(string name) => config[name] is not { } node ? null
        : node.AsText() is { } text ? text
        : throw ModelException.Config(name, "a text", node.Words());

    /// <summary>Texts in order; <see langword="null"/> if there are none.</summary>
    /// <exception cref="MergeHostException">MH2013: the value is no list of texts.</exception>
    public IReadOnlyList<string>? Texts(string name)
    {
        return config[name] is not { } node ? null
            : node is JsonArray items && items.All(item => item.AsText() is not null) ? [.. items.Select(item => item.AsText()!)]
            : throw ModelException.Config(name, "a list of texts", node.Words());
    }

    /// <summary>Whole numbers in order; <see langword="null"/> if there are none.</summary>
    /// <exception cref="MergeHostException">MH2013: the value is no list of whole numbers.</exception>
    public IReadOnlyList<int>? Integers(string name) => config[name] is not { } node ? null
        : node is JsonArray items && items.All(item => item.AsInt() is not null) ? [.. items.Select(item => item.AsInt()!.Value)]
        : throw ModelException.Config(name, "a list of whole numbers", node.Words());

    /// <summary>Numbers in order; <see langword="null"/> if there are none.</summary>
    /// <exception cref="MergeHostException">MH2013: the value is no list of numbers.</exception>
    public IReadOnlyList<double>? Numbers(string name) => config[name] is not { } node ? null
        : node is JsonArray items && items.All(item => item.AsNumber() is not null) ? [.. items.Select(item => item.AsNumber()!.Value)]
        : throw ModelException.Config(name, "a list of numbers", node.Words());

    /// <summary>How many tokens layers look back that do not see all; <see langword="null"/> for none,
    /// which some configurations write as 0.</summary>
    /// <exception cref="MergeHostException">MH2013: it is no whole number.</exception>
    public int? Window() => Find<int>("sliding_window") == 0 ? null : FindSize("sliding_window");

    private static string Word<T>() =>
        typeof(T) == typeof(bool) ? "true or false" : typeof(T) == typeof(int) ? "a whole number" : "a number";
}
