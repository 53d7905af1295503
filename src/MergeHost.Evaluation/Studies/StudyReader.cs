using MergeHost.Evaluation.Settings;
using MergeHost.Storage.Text;

namespace MergeHost.Evaluation.Studies;

/// <summary>Reads studies: every problem is reported, not only the first.</summary>
internal sealed class StudyReader
{
    private static readonly string[] _fields = ["study", "suite", "base_model", "experts", "methods", "stages", "control"];
    private static readonly string[] _expertFields = ["model", "domain"];
    private static readonly string[] _stageFields = ["name", "merge", "settings", "methods"];

    // What a study says of all its merges, or what they cannot be.
    private static readonly string[] _notOfMethods = ["base_model", "slices", "modules", "name", "evaluate"];

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
        if (NamedText.TryReadYaml(path, ErrorCodes.BadSuite, _problems) is not { } text)
        {
            return null;
        }

        if (YamlLoader.Load(path, text, _problems) is not [YamlMapping study])
        {
            _problems.Add(new Problem(ErrorCodes.BadSuite, $"{path}: expected a mapping",
                $"Write {string.Join(", ", _fields.Select(field => $"`{field}:`"))}."));
            return null;
        }

        if (AutoRecipe.Is(study))
        {
            return AutoRecipe.Read(path, study, _problems);
        }

        CheckFields(study, "studies", _fields);
        List<StudyExpert> experts = [.. Entries(study, "experts").Select(entry => ReadExpert(entry.Key, entry.Value))];
        List<StudyMethod> methods = [.. Entries(study, "methods").Select(entry => ReadMethod(entry.Key, entry.Value, experts))
            .OfType<StudyMethod>()];
        string suite = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(path))!, Required(study, "suite").Text);
        return new Study(
            path,
            (study.Find("study") as YamlScalar)?.Text ?? Path.GetFileNameWithoutExtension(path),
            suite,
            Required(study, "base_model"),
            experts,
            methods,
            [.. Items(study, "stages").Select(stage => ReadStage(stage, experts, methods)).OfType<StudyStage>()],
            ReadControl(study, methods));
    }

    private StudyExpert ReadExpert(YamlScalar name, YamlNode node)
    {
        if (name.Text.Length != 1 || name.Text == "B")
        {
            Add(ErrorCodes.ValueOutOfRange, name.Place, $"an expert is named by one letter but B, which is the base, found '{name.Text}'",
                null);
        }

        char letter = name.Text.Length > 0 ? name.Text[0] : '?';
        if (node is not YamlMapping expert)
        {
            return new StudyExpert(letter, Text(node), null);
        }

        CheckFields(expert, "experts", _expertFields);
        return new StudyExpert(letter, Required(expert, "model"),
            expert.Find("domain") is null ? null : [.. Items(expert, "domain").Select(Text)]);
    }

    private StudyMethod? ReadMethod(YamlScalar name, YamlNode node, List<StudyExpert> experts)
    {
        if (node is not YamlMapping method || method.Find("merge_method") is null)
        {
            Add(ErrorCodes.Missing, node.Place, $"method '{name.Text}' needs 'merge_method'", null);
            return null;
        }

        foreach ((YamlScalar key, _) in method.Entries.Where(entry => _notOfMethods.Contains(entry.Key.Text)))
        {
            Add(ErrorCodes.Conflict, key.Place, $"method '{name.Text}': a method of a study has no '{key.Text}'",
                "It has what a recipe has but for the base and the models' paths.");
        }

        foreach (YamlNode model in method.Find("models") is null ? [] : Items(method, "models"))
        {
            if (StudyRecipe.Letter(model) is not { } letter || experts.TrueForAll(expert => expert.Letter != letter))
            {
                Add(ErrorCodes.ModelNotFound, model.Place, $"method '{name.Text}': 'models' names experts by their letters",
                    "Write `models: [{model: F, parameters: {…}}]`.");
            }
        }

        int before = _problems.Count;
        StudyMethod read = SettingGrid.Method(name.Text, method, _problems);
        return _problems.Count > before ? null : read;
    }

    private StudyStage? ReadStage(YamlNode node, List<StudyExpert> experts, List<StudyMethod> methods)
    {
        if (node is not YamlMapping stage)
        {
            Add(ErrorCodes.WrongType, node.Place, $"a stage must be a mapping, found {node.Kind}", null);
            return null;
        }

        CheckFields(stage, "stages", _stageFields);
        string settings = Required(stage, "settings").Text;
        if (settings is not ("all" or "best"))
        {
            Add(ErrorCodes.ValueOutOfRange, stage.Place, $"settings is '{settings}'; it must be all or best", null);
        }

        List<string> merges = [.. Items(stage, "merge").Select(merge => Text(merge).Text)];
        foreach (char letter in merges.SelectMany(merge => merge).Where(letter => experts.TrueForAll(expert => expert.Letter != letter))
            .Distinct())
        {
            Add(ErrorCodes.ModelNotFound, stage.Place, $"no expert has the letter '{letter}'", null);
        }

        List<YamlScalar>? tried = stage.Find("methods") is null ? null : [.. Items(stage, "methods").Select(Text)];
        foreach (YamlScalar name in tried ?? [])
        {
            CheckMethod("a stage tries", name, methods);
        }

        return new StudyStage(Required(stage, "name").Text, merges, settings == "all", tried?.ConvertAll(name => name.Text));
    }

    private string? ReadControl(YamlMapping study, List<StudyMethod> methods)
    {
        if (study.Find("control") is not { } node)
        {
            return null;
        }

        YamlScalar control = Text(node);
        CheckMethod("control is", control, methods);
        return control.Text;
    }

    private void CheckMethod(string what, YamlScalar name, List<StudyMethod> methods)
    {
        string[] known = [.. methods.Select(method => method.Name)];
        if (!known.Contains(name.Text))
        {
            Add(ErrorCodes.ValueOutOfRange, name.Place, $"{what} '{name.Text}', which is no method",
                Suggestion.Hint(name.Text, known, $"methods are {string.Join(", ", known)}"));
        }
    }

    private YamlScalar Text(YamlNode node)
    {
        if (node is YamlScalar { IsNull: false } scalar)
        {
            return scalar;
        }

        Add(ErrorCodes.WrongType, node.Place, $"expected a value, found {node.Kind}", null);
        return new YamlScalar("", false, node.Place);
    }

    private YamlScalar Required(YamlMapping mapping, string key) =>
        mapping.Find(key) is { } node ? Text(node) : Missing(mapping, key, new YamlScalar("", false, mapping.Place));

    private IReadOnlyList<(YamlScalar Key, YamlNode Value)> Entries(YamlMapping mapping, string key) =>
        mapping.Find(key) is YamlMapping { Entries.Count: > 0 } found
            ? found.Entries
            : Missing(mapping, key, Array.Empty<(YamlScalar, YamlNode)>());

    private IReadOnlyList<YamlNode> Items(YamlMapping mapping, string key) =>
        mapping.Find(key) is YamlSequence { Items.Count: > 0 } found ? found.Items : Missing(mapping, key, Array.Empty<YamlNode>());

    private T Missing<T>(YamlMapping mapping, string key, T instead)
    {
        Add(ErrorCodes.Missing, mapping.Place, $"'{key}' is missing or empty", null);
        return instead;
    }

    private void CheckFields(YamlMapping mapping, string owner, string[] known)
    {
        foreach ((YamlScalar key, _) in mapping.Entries.Where(entry => !known.Contains(entry.Key.Text)))
        {
            Add(ErrorCodes.UnknownField, key.Place, $"{owner} have no field '{key.Text}'",
                Suggestion.Hint(key.Text, known, $"they have {string.Join(", ", known)}"));
        }
    }

    private void Add(ErrorCode code, TextPlace place, string message, string? hint) =>
        _problems.Add(new Problem(code, message, hint, place));
}
