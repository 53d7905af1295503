using MergeHost.Storage.Text;

namespace MergeHost.Storing;

/// <summary>The card of a model, <c>README.md</c>: what its front matter says.</summary>
/// <param name="License">The licence; of one that is not the hub's own, the name that its author gives it.</param>
internal sealed record ModelCard(string? License)
{
    /// <summary>The file's name.</summary>
    public const string FileName = "README.md";

    /// <summary>The longest that is read.</summary>
    public const int MostBytes = 1 << 20;

    /// <summary>The licence as it is filed: one of the hub's, or <c>other</c>.</summary>
    public string? LicenseId { get; init; }

    /// <summary>Where the licence's text is.</summary>
    public string? LicenseLink { get; init; }

    /// <summary>The languages, in the card's order.</summary>
    public IReadOnlyList<string> Languages { get; init; } = [];

    /// <summary>What the model is for, such as <c>text-generation</c>.</summary>
    public string? PipelineTag { get; init; }

    /// <summary>Reads a folder's card.</summary>
    /// <returns><see langword="null"/> if there is none.</returns>
    /// <exception cref="MergeHostException">Its front matter is no YAML.</exception>
    public static ModelCard? Read(string folder)
    {
        string path = Path.Combine(folder, FileName);
        return !File.Exists(path) || new FileInfo(path).Length > MostBytes ? null : Parse(path, File.ReadAllText(path));
    }

    /// <summary>Reads a card.</summary>
    /// <param name="path">Where it lies, for messages.</param>
    /// <param name="text">The card.</param>
    /// <exception cref="MergeHostException">Its front matter is no YAML.</exception>
    public static ModelCard Parse(string path, string text)
    {
        string[] lines = text.TrimStart('\uFEFF').ReplaceLineEndings("\n").Split('\n');
        int end = lines[0].TrimEnd() == "---" ? Array.FindIndex(lines, 1, line => line.TrimEnd() == "---") : -1;
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
        string? license = Text("license");
        return new ModelCard(license == "other" ? Text("license_name") ?? license : license)
        {
            LicenseId = license,
            LicenseLink = Text("license_link"),
            PipelineTag = Text("pipeline_tag"),
            Languages = front?.Find("language") switch
            {
                YamlScalar one => [one.Text],
                YamlSequence several => [.. several.Items.OfType<YamlScalar>().Select(item => item.Text)],
                _ => [],
            },
        };

        string? Text(string field) => front?.Find(field) is YamlScalar { Text.Length: > 0 } scalar ? scalar.Text : null;
    }
}
