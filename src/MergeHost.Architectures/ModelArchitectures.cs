using System.Globalization;
using System.Reflection;
using MergeHost.Storage;

namespace MergeHost.Architectures;

/// <summary>The families of models that are known: those that come with MergeHost, those of plugins, and the user's own.</summary>
/// <remarks>May be used from any thread.</remarks>
public static class ModelArchitectures
{
    /// <summary>The folder of such files in <c>~/.mergehost</c> and in the folder of a plugin.</summary>
    public const string Folder = "architectures";

    private const string Prefix = "family.";
    private const int MostBytes = 1 << 22;

    private static readonly Lock _lock = new();
    private static readonly OrderedDictionary<string, ModelArchitecture> _added = [];
    private static readonly Lazy<Dictionary<string, ModelArchitecture>> _own = new(ReadOwn);
    private static volatile IReadOnlyList<ModelArchitecture>? _all;

    /// <summary>All families; those that were added come first.</summary>
    public static IReadOnlyList<ModelArchitecture> All
    {
        get
        {
            lock (_lock)
            {
                return _all ??= [.. Ordered().Select(family => Complete(family.Value, new(ReferenceEqualityComparer.Instance)))
                    .Where(family => family.Name.Length > 0)];
            }
        }
    }

    /// <summary>The family of a class that <c>config.json</c> names, or <see langword="null"/>.</summary>
    public static ModelArchitecture? OfClass(string? name) => All.FirstOrDefault(family => family.Hub.Contains(name));

    /// <summary>The family of a GGUF file, or <see langword="null"/>.</summary>
    /// <param name="name">The value of <c>general.architecture</c>.</param>
    /// <param name="find">The whole number of a key, or <see langword="null"/> if it is not there.</param>
    public static ModelArchitecture? OfGguf(string? name, Func<string, long?> find) =>
        All.Where(family => family.Name == name && Holds(family, find)).MaxBy(family => family.When is not null);

    /// <summary>GGUF's names of a tensor of Hugging Face, whatever the family; and the number of the expert that it is, from 0.</summary>
    public static IEnumerable<(string Gguf, int Expert)> GgufNamesOf(string hub)
    {
        foreach (ModelArchitecture family in All)
        {
            if (family.FindHub(hub, out int layer, out int expert) is { } names)
            {
                yield return (names.GgufIn(layer), Math.Max(expert, 0));
            }
        }

        yield return (hub, 0);
    }

    /// <summary>Adds the families of a folder: each replaces one of the same file name, and goes before all that were there.</summary>
    /// <param name="folder">A folder with files <c>*.json</c>; nothing happens if there is none.</param>
    /// <returns>Everything that is wrong with them, MH2013; a file with a mistake is left out.</returns>
    public static IReadOnlyList<Problem> Add(string folder)
    {
        List<Problem> problems = [];
        if (!Directory.Exists(folder))
        {
            return problems;
        }

        IReadOnlyList<string> files = Files(folder, problems);
        OrderedDictionary<string, ModelArchitecture> read = [];
        foreach (string path in files)
        {
            if (Read(path, problems) is { } family)
            {
                read[Path.GetFileNameWithoutExtension(path)] = family;
            }
        }

        lock (_lock)
        {
            // What is left out leaves out what extends it.
            while (read.FirstOrDefault(family => Missing(family.Value, read) is not null) is { Key: { } key, Value: { } family })
            {
                string missing = Missing(family, read)!;
                bool isLeftOut = files.Any(path => Path.GetFileNameWithoutExtension(path) == missing);
                problems.Add(new Problem(ErrorCodes.BadConfig,
                    $"{Path.Combine(folder, key)}.json: extends '{missing}', which is {(isLeftOut ? "left out for a mistake of its "
                        + "own" : "no family that is known")}",
                    isLeftOut ? $"Mend {missing}.json first." : $"Choose one of {string.Join(", ", _own.Value.Keys)}, or leave it out."));
                read.Remove(key);
            }

            int place = 0;
            foreach ((string key, ModelArchitecture family) in read)
            {
                _added.Remove(key);
                _added.Insert(place++, key, family);
                TensorRoles.Add(family.Roles);
            }

            _all = null;
        }

        return problems;
    }

    private static string? Missing(ModelArchitecture family, OrderedDictionary<string, ModelArchitecture> read) =>
        family.Extends is { } other && !read.ContainsKey(other) && !_added.ContainsKey(other) && !_own.Value.ContainsKey(other)
            ? other
            : null;

    private static IReadOnlyList<string> Files(string folder, List<Problem> problems)
    {
        try
        {
            return [.. Directory.EnumerateFiles(folder, "*.json").Order(StringComparer.Ordinal)];
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            problems.Add(new Problem(ErrorCodes.BadConfig, $"{folder}: {exception.Message}", "Make the folder readable."));
            return [];
        }
    }

    private static ModelArchitecture? Read(string path, List<Problem> problems)
    {
        try
        {
            return new FamilyReader(path, problems).Read(BoundedFile.ReadBytes(path, MostBytes));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            problems.Add(new Problem(ErrorCodes.BadConfig, $"{path}: {exception.Message}", "Make the file readable, or remove it."));
            return null;
        }
    }

    private static Dictionary<string, ModelArchitecture> ReadOwn()
    {
        Assembly assembly = Assembly.GetExecutingAssembly();
        Dictionary<string, ModelArchitecture> families = [];
        List<Problem> problems = [];
        foreach (string name in assembly.GetManifestResourceNames().Where(name => name.StartsWith(Prefix, StringComparison.Ordinal)))
        {
            using Stream stream = assembly.GetManifestResourceStream(name)!;
            byte[] content = new byte[stream.Length];
            stream.ReadExactly(content);
            if (new FamilyReader(name, problems).Read(content) is { } family)
            {
                families.Add(name[Prefix.Length..], family);
            }
        }

        return problems.Count == 0
            ? families
            : throw new InvalidDataException(string.Join("; ", problems.Select(problem => problem.Message)));
    }

    private static IEnumerable<KeyValuePair<string, ModelArchitecture>> Ordered() =>
        _added.Concat(_own.Value.Where(family => !_added.ContainsKey(family.Key)).OrderBy(family => family.Key, StringComparer.Ordinal));

    // One that replaces another of its file name extends the other of that name; a circle ends where it closes.
    private static ModelArchitecture Complete(ModelArchitecture family, HashSet<ModelArchitecture> seen)
    {
        if (family.Extends is not { } key || !seen.Add(family))
        {
            return family;
        }

        ModelArchitecture? other = _added.GetValueOrDefault(key) is { } added && !seen.Contains(added)
            ? added
            : _own.Value.GetValueOrDefault(key);
        return other is null || seen.Contains(other) ? family : family.Over(Complete(other, seen));
    }

    private static bool Holds(ModelArchitecture family, Func<string, long?> find)
    {
        string[] condition = family.When?.Split('=') ?? [];
        long? value = condition.Length == 0 ? null : find($"{family.Name}.{condition[0]}");
        return condition switch
        {
            [] => true,
            [_, string wanted] => value == long.Parse(wanted, CultureInfo.InvariantCulture),
            _ => value > 0,
        };
    }
}
