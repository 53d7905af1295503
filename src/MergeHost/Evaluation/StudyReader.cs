using System.Globalization;
using MergeHost.Recipes;

namespace MergeHost.Evaluation;

/// <summary>Reads studies: every problem is reported, not only the first.</summary>
internal sealed class StudyReader
{
    private const int MostValues = 1000;

    private static readonly string[] _fields = ["study", "suite", "base_model", "experts", "methods", "stages"];

    private readonly List<Problem> _problems = [];

    private StudyReader()
    {
    }

    /// <summary>Reads a study.</summary>
    /// <exception cref="MergeHostException">The file cannot be read, or something in it is wrong; all of it is told.</exception>
    public static Study Read(string path)
    {
        StudyReader reader = new();
        Study? study = reader.ReadStudy(path);
        return study is not null && reader._problems.Count == 0 ? study : throw new MergeHostException(reader._problems);
    }

    private Study? ReadStudy(string path)
    {
        if (YamlFile.TryRead(path, ErrorCodes.BadSuite, _problems) is not { } text)
        {
            return null;
        }

        if (YamlLoader.Load(path, text, _problems) is not [YamlMapping study])
        {
            _problems.Add(new Problem(ErrorCodes.BadSuite, $"{path}: expected a mapping", $"Write {string.Join(", ", _fields.Select(field => $"`{field}:`"))}."));
            return null;
        }

        foreach ((YamlScalar key, _) in study.Entries.Where(entry => !_fields.Contains(entry.Key.Text)))
        {
            Add(ErrorCodes.UnknownField, key.Place, $"studies have no field '{key.Text}'", Suggestion.Hint(key.Text, _fields, $"they have {string.Join(", ", _fields)}"));
        }

        List<StudyExpert> experts = [.. Entries(study, "experts").Select(entry => new StudyExpert(Letter(entry.Key), Text(entry.Value)))];
        string suite = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(path))!, Required(study, "suite"));
        return new Study(
            path,
            (study.Find("study") as YamlScalar)?.Text ?? Path.GetFileNameWithoutExtension(path),
            suite,
            Required(study, "base_model"),
            experts,
            [.. Entries(study, "methods").Select(entry => ReadMethod(entry.Key, entry.Value)).OfType<StudyMethod>()],
            [.. Items(study, "stages").Select(stage => ReadStage(stage, experts)).OfType<StudyStage>()]);
    }

    private StudyMethod? ReadMethod(YamlScalar name, YamlNode node)
    {
        if (node is not YamlMapping method || method.Find("merge_method") is not YamlScalar strategy)
        {
            Add(ErrorCodes.Missing, node.Place, $"method '{name.Text}' needs 'merge_method'", null);
            return null;
        }

        IEnumerable<IReadOnlyDictionary<string, string>> settings = [new Dictionary<string, string>()];
        foreach ((YamlScalar key, YamlNode value) in method.Entries.Where(entry => entry.Key.Text != "merge_method"))
        {
            string[] values = [.. ReadValues(value)];
            settings = settings.SelectMany(_ => values, (known, next) => new Dictionary<string, string>(known) { [key.Text] = next });
        }

        return new StudyMethod(name.Text, strategy.Text, [.. settings]);
    }

    // One value, several, or all from one to another.
    private List<string> ReadValues(YamlNode node)
    {
        if (node is YamlSequence several)
        {
            return [.. several.Items.Select(Text)];
        }

        if (node is not YamlMapping range)
        {
            return [Text(node)];
        }

        decimal from = Number(range, "from");
        decimal to = Number(range, "to");
        decimal step = Number(range, "step");
        if (step <= 0 || to < from || (to - from) / step > MostValues)
        {
            Add(ErrorCodes.ValueOutOfRange, range.Place, $"from {from} to {to} by {step} is no range of at most {MostValues} values", "Write `{from: 0.1, to: 0.9, step: 0.1}`.");
            return [];
        }

        List<string> values = [];
        for (decimal value = from; value <= to; value += step)
        {
            values.Add(value.ToString(CultureInfo.InvariantCulture));
        }

        return values;
    }

    private StudyStage? ReadStage(YamlNode node, List<StudyExpert> experts)
    {
        if (node is not YamlMapping stage)
        {
            Add(ErrorCodes.WrongType, node.Place, $"a stage must be a mapping, found {node.Kind}", null);
            return null;
        }

        string settings = Required(stage, "settings");
        if (settings is not ("all" or "best"))
        {
            Add(ErrorCodes.ValueOutOfRange, stage.Place, $"settings is '{settings}'; it must be all or best", null);
        }

        List<string> merges = [.. Items(stage, "merge").Select(Text)];
        foreach (char letter in merges.SelectMany(merge => merge).Where(letter => experts.TrueForAll(expert => expert.Letter != letter)).Distinct())
        {
            Add(ErrorCodes.ModelNotFound, stage.Place, $"no expert has the letter '{letter}'", null);
        }

        return new StudyStage(Required(stage, "name"), merges, settings == "all");
    }

    private char Letter(YamlScalar key)
    {
        if (key.Text.Length != 1 || key.Text == "B")
        {
            Add(ErrorCodes.ValueOutOfRange, key.Place, $"an expert is named by one letter but B, which is the base, found '{key.Text}'", null);
        }

        return key.Text.Length > 0 ? key.Text[0] : '?';
    }

    private decimal Number(YamlMapping range, string key)
    {
        if (decimal.TryParse(Required(range, key), NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal number))
        {
            return number;
        }

        Add(ErrorCodes.WrongType, range.Place, $"'{key}' must be a number", null);
        return 0;
    }

    private string Text(YamlNode node)
    {
        if (node is YamlScalar { IsNull: false } scalar)
        {
            return scalar.Text;
        }

        Add(ErrorCodes.WrongType, node.Place, $"expected a value, found {node.Kind}", null);
        return "";
    }

    private string Required(YamlMapping mapping, string key) => mapping.Find(key) is { } node ? Text(node) : Missing(mapping, key, "");

    private IReadOnlyList<(YamlScalar Key, YamlNode Value)> Entries(YamlMapping mapping, string key) =>
        mapping.Find(key) is YamlMapping { Entries.Count: > 0 } found ? found.Entries : Missing(mapping, key, Array.Empty<(YamlScalar, YamlNode)>());

    private IReadOnlyList<YamlNode> Items(YamlMapping mapping, string key) =>
        mapping.Find(key) is YamlSequence { Items.Count: > 0 } found ? found.Items : Missing(mapping, key, Array.Empty<YamlNode>());

    private T Missing<T>(YamlMapping mapping, string key, T instead)
    {
        Add(ErrorCodes.Missing, mapping.Place, $"'{key}' is missing or empty", null);
        return instead;
    }

    private void Add(ErrorCode code, TextPlace place, string message, string? hint) => _problems.Add(new Problem(code, message, hint, place));
}
