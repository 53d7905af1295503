namespace MergeHost.Cli.Output.Formatting;

/// <summary>What models are called beside others.</summary>
internal static class ModelName
{
    /// <summary>The last part of a path; of <c>base+adapter</c> that of each.</summary>
    public static string Of(string path) => Parts(path)[^1];

    /// <summary>A name for each path, no two alike: its last part, with as many of those before it as are needed,
    /// and a number where the paths are one.</summary>
    public static IReadOnlyList<string> Of(IReadOnlyList<string> paths)
    {
        string[][] parts = [.. paths.Distinct().Select(Parts)];
        string[] names = [.. parts.Select(own => own[^1])];
        for (int length = 2; length <= parts.Max(own => own.Length) && names.Distinct().Count() < names.Length; length++)
        {
            HashSet<string> twins = [.. names.CountBy(name => name).Where(name => name.Value > 1).Select(name => name.Key)];
            names = [.. names.Select((name, index) => twins.Contains(name) ? string.Join('/', parts[index].TakeLast(length)) : name)];
        }

        Dictionary<string, string> byPath = paths.Distinct().Zip(names).ToDictionary(pair => pair.First, pair => pair.Second);
        HashSet<string> taken = [];
        return [.. paths.Select(path => Enumerable.Range(1, paths.Count)
            .Select(number => number == 1 ? byPath[path] : $"{byPath[path]} ({number})").First(taken.Add))];
    }

    // An empty first part is the root. The folders of adapters are left out.
    private static string[] Parts(string path)
    {
        string[] models = Path.Exists(path) ? [path] : path.Split('+');
        string[] parts = Split(models[0]);
        parts[^1] = string.Join('+', models[1..].Select(adapter => Split(adapter)[^1]).Prepend(parts[^1]));
        return parts;
    }

    private static string[] Split(string path) =>
        Path.TrimEndingDirectorySeparator(path).Split(Path.DirectorySeparatorChar, Path.AltDirectorySeparatorChar);
}
