using MergeHost.Storage.Text;

namespace MergeHost.Storing;

/// <summary>The card of a model, <c>README.md</c>: what its front matter says.</summary>
internal sealed record ModelCard(string? License)
{
    /// <summary>The file's name.</summary>
    public const string FileName = "README.md";

    private const long MostBytes = 1 << 20;

    /// <summary>Reads a folder's card.</summary>
    /// <returns><see langword="null"/> if there is none.</returns>
    /// <exception cref="MergeHostException">Its front matter is no YAML.</exception>
    public static ModelCard? Read(string folder)
    {
        string path = Path.Combine(folder, FileName);
        if (!File.Exists(path) || new FileInfo(path).Length > MostBytes)
        {
            return null;
        }

        string[] lines = File.ReadAllLines(path);
        int end = lines.Length > 0 && lines[0].TrimEnd() == "---" ? Array.FindIndex(lines, 1, line => line.TrimEnd() == "---") : -1;
        if (end < 0)
        {
            return new ModelCard((string?)null);
        }

        // A line stands for the first mark, so that places are right.
        List<Problem> problems = [];
        IReadOnlyList<YamlNode> documents = YamlLoader.Load(path, "\n" + string.Join('\n', lines[1..end]), problems);
        if (problems.Count > 0)
        {
            throw new MergeHostException(problems);
        }

        YamlMapping? front = documents is [YamlMapping mapping] ? mapping : null;
        string? license = (front?.Find("license") as YamlScalar)?.Text;
        return new ModelCard(license == "other" && front?.Find("license_name") is YamlScalar own ? own.Text : license);
    }
}
