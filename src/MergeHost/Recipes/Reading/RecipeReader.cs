using System.Globalization;
using MergeHost.Checkpoints;
using MergeHost.Plugins.Metadata;
using MergeHost.Storage.Text;
using MergeHost.Yaml;

namespace MergeHost.Recipes.Reading;

/// <summary>Reads recipes: mergekit's schema and what MergeHost adds to it.</summary>
/// <remarks>
/// Everything that the text alone can tell is checked, and every problem is reported, not only the first: unknown fields, wrong types,
/// missing fields, fields that exclude each other. What depends on plugins or checkpoints is the planner's.
/// </remarks>
internal sealed partial class RecipeReader
{
    private static readonly string[] _stageFields =
    [
        "merge_method", "base_model", "models", "slices", "modules", "window", "parameters", "dtype", "out_dtype", "tokenizer_source",
        "tokenizer", "align",
        "chat_template", "name", "uses", "out_format", "out_type", "out_imatrix", "output", "select", "evaluate", "task_vector_snr",
        "integers", "missing", "allow_unchanged", "build", "then",
    ];

    // What else `output:` names is a format.
    private static readonly string[] _outputFields = ["packing", "names"];

    private static readonly Dictionary<string, DType> _dtypes = new(StringComparer.Ordinal)
    {
        ["float32"] = DType.F32,
        ["bfloat16"] = DType.BF16,
        ["float16"] = DType.F16,
        ["float64"] = DType.F64,
        ["float"] = DType.F32,
        ["half"] = DType.F16,
        ["double"] = DType.F64,
        ["F32"] = DType.F32,
        ["BF16"] = DType.BF16,
        ["F16"] = DType.F16,
        ["F64"] = DType.F64,
    };

    /// <summary>The fields of a stage.</summary>
    internal static IReadOnlyList<string> StageFields => _stageFields;

    /// <summary>The words for the types that an output can have.</summary>
    internal static IEnumerable<string> DTypes => _dtypes.Keys;

    private const int LongestName = 100;

    private readonly List<Problem> _problems;
    private readonly IReadOnlyList<PluginExport> _builders;

    private RecipeReader(List<Problem> problems, IReadOnlyList<PluginExport>? builders = null)
    {
        _problems = problems;
        _builders = builders ?? [];
    }

    /// <summary>Reads a recipe.</summary>
    /// <param name="path">The file, as the user wrote it.</param>
    /// <param name="problems">Receives what is wrong.</param>
    /// <param name="builders">The builders that are installed, by which recipes of other programs are known.</param>
    /// <returns>What could be read; of use only if no error was added.</returns>
    public static Recipe Read(string path, List<Problem> problems, IReadOnlyList<PluginExport>? builders = null)
    {
        return NamedText.TryReadYaml(path, ErrorCodes.RecipeUnreadable, problems) is { } text
            ? Read(path, text, problems, builders)
            : new Recipe(path, "", []);
    }

    /// <summary>Reads a recipe from text.</summary>
    public static Recipe Read(string path, string text, List<Problem> problems, IReadOnlyList<PluginExport>? builders = null)
    {
        int before = problems.Count;
        IReadOnlyList<YamlNode> documents = YamlLoader.Load(path, text, problems);
        if (documents.Count == 0 && problems.Count == before)
        {
            problems.Add(new Problem(
                ErrorCodes.Missing, "the recipe is empty", "Begin with `merge_method:` and `models:`.", new TextPlace(path, 1, 1)));
        }

        return Read(path, text, documents, problems, builders);
    }

    /// <summary>Reads a recipe of one stage that stands in a study, whose base is one for all methods:
    /// those without a base do not merge it.</summary>
    public static Recipe Read(string path, YamlMapping stage, List<Problem> problems, IReadOnlyList<PluginExport>? builders = null)
    {
        Recipe recipe = Read(path, YamlText.Of(stage), [stage], problems, builders);
        return recipe with { Stages = [.. recipe.Stages.Select(read => read with { OffersBase = true })] };
    }

    private static Recipe Read(string path, string text, IReadOnlyList<YamlNode> documents, List<Problem> problems,
        IReadOnlyList<PluginExport>? builders)
    {
        RecipeReader reader = new(problems, builders);
        List<RecipeStage> stages = [.. documents.SelectMany(reader.ReadStages)];
        IReadOnlyList<RecipeStage> sorted = StageOrder.Sort(stages, problems);
        foreach (RecipeStage stage in sorted.SkipLast(1).Where(stage => stage.Evaluate is not null))
        {
            reader.Add(ErrorCodes.Conflict, stage.Evaluate!.Place,
                $"'evaluate' stands in stage '{stage.Name}', whose result is not the output", "Move it to the last stage.");
        }

        return new Recipe(path, text, sorted);
    }

    private IEnumerable<RecipeStage> ReadStages(YamlNode document)
    {
        if (ReadStage(document) is not { } stage)
        {
            return [];
        }

        return stage.OutputNames is { Text: FusedExperts.Fused } names ? FusedExperts.Split(stage, names) : [stage];
    }

    private RecipeStage? ReadStage(YamlNode document)
    {
        if (!IsMapping(document, "a recipe", out YamlMapping? stage))
        {
            return null;
        }

        BuildRequest? build = ReadBuild(stage);
        if (build is null && OtherRecipe.Recognise(stage) is { } other)
        {
            _problems.Add(other);
            return null;
        }

        CheckFields(build is null ? stage : Without(stage, build), "recipes", _stageFields, isStage: true);
        YamlScalar? method = Text(stage, "merge_method") is { } word && word.Text != build?.Id ? word : null;
        if (build is null && stage.Find("merge_method") is null or YamlScalar { Text.Length: 0 })
        {
            AddMissing(stage, "merge_method", "Name a strategy, such as `merge_method: linear`.");
        }

        ModelReference? baseModel = stage.Find("base_model") is { } model ? ReadModel(model) : null;
        IReadOnlyList<RecipeSlice> slices = build is null ? ReadBody(stage) : [];
        DType? dtype = ReadDType(stage, "dtype");
        (YamlScalar? format, IReadOnlyList<(YamlScalar Name, YamlNode Value)> formatOptions) = ReadFormat(stage);
        return new RecipeStage
        {
            Place = stage.Place,
            Name = ReadName(stage),
            MergeMethod = method ?? new YamlScalar("", false, stage.Place),
            Uses = ReadUses(stage),
            Build = build,
            BaseModel = baseModel,
            Slices = slices,
            Parameters = [ReadParameters(stage)],
            OutputDType = ReadDType(stage, "out_dtype") ?? dtype,
            OutputFormat = format,
            OutputOptions = formatOptions,
            OutputPacking = ReadOutput(stage) is { } output ? Text(output, "packing") : null,
            OutputNames = ReadNames(stage),
            Align = ReadAlignments(stage),
            ChatTemplate = Text(stage, "chat_template"),
            Selection = ReadSelection(stage),
            Evaluate = Text(stage, "evaluate"),
            NoiseLimits = ReadNoiseLimits(stage),
            KeepsFirstIntegers = ReadIntegers(stage),
            Missing = ReadMissingRule(stage),
            AllowUnchanged = ReadWords(stage, "allow_unchanged"),
            Then = ReadThen(stage),
        };
    }

    // Becomes the name of a folder.
    private string? ReadName(YamlMapping stage)
    {
        if (Text(stage, "name") is not { } name)
        {
            return null;
        }

        bool isFolderName = name.Text is not ("" or "." or "..") && name.Text.Length <= LongestName
            && name.Text.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-');
        if (!isFolderName)
        {
            Add(ErrorCodes.ValueOutOfRange, name.Place,
                $"'name' is '{CheckpointException.Printable(name.Text)}'; expected at most {LongestName} letters, digits, '.', '_' and '-'",
                "Give the stage a plain name, such as `name: first`.");
        }

        return name.Text;
    }

    private ParameterSet ReadParameters(YamlMapping owner)
    {
        if (owner.Find("parameters") is not { } node || !IsMapping(node, "parameters", out YamlMapping? mapping))
        {
            return ParameterSet.Empty;
        }

        return ReadParameters(mapping.Entries);
    }

    private ParameterSet ReadParameters(IReadOnlyList<(YamlScalar Key, YamlNode Value)> entries)
    {
        Dictionary<string, ParameterSetting> settings = [];
        foreach ((YamlScalar name, YamlNode value) in entries)
        {
            if (ReadSetting(name.Text, value) is { } setting)
            {
                settings.Add(name.Text, new ParameterSetting(name.Place, setting));
            }
        }

        return new ParameterSet(settings);
    }

    private SettingValue? ReadSetting(string name, YamlNode node)
    {
        switch (node)
        {
            // A parameter that is left empty says nothing, as if it were not there.
            case YamlScalar { IsNull: true }:
                return null;
            case YamlScalar scalar:
                return new ScalarSetting(scalar);
            case YamlMapping mapping:
                return ReadCondition(name, mapping) is { } only ? new ConditionalSetting([only]) : null;
            case YamlSequence { Items.Count: 0 }:
                Add(ErrorCodes.WrongType, node.Place, $"'{name}' is an empty list", "Give at least one value.");
                return null;
            case YamlSequence sequence when sequence.Items.All(item => item is YamlScalar):
                return new GradientSetting([.. sequence.Items.Cast<YamlScalar>()]);
            case YamlSequence sequence when sequence.Items.All(item => item is YamlMapping):
                return new ConditionalSetting([.. sequence.Items.Cast<YamlMapping>().Select(item => ReadCondition(name, item))
                    .OfType<SettingCondition>()]);
            default:
                Add(ErrorCodes.WrongType, node.Place, $"'{name}' mixes values and conditions",
                    "Make it one value, a list of values for a gradient, or a list of `filter:` and `value:`.");
                return null;
        }
    }

    private SettingCondition? ReadCondition(string name, YamlMapping mapping)
    {
        CheckFields(mapping, "conditions", ["filter", "value"]);
        if (mapping.Find("value") is not { } node)
        {
            AddMissing(mapping, "value", "Give the value that the filter is for.");
            return null;
        }

        return ReadSetting(name, node) is { } value ? new SettingCondition(Text(mapping, "filter"), value) : null;
    }

    private YamlMapping? ReadOutput(YamlMapping stage)
    {
        if (stage.Find("output") is not { } node || !IsMapping(node, "output", out YamlMapping? output))
        {
            return null;
        }

        CheckFields(new YamlMapping([.. output.Entries.Where(entry => !IsFormat(entry.Key, entry.Value))], output.Place), "output",
            _outputFields);
        return output;
    }

    // The format may be named there too, with its options; `out_type` and `out_imatrix` are short for two of these.
    private (YamlScalar? Format, IReadOnlyList<(YamlScalar Name, YamlNode Value)> Options) ReadFormat(YamlMapping stage)
    {
        YamlScalar? format = Text(stage, "out_format");
        (YamlScalar Key, YamlNode Value)[] named = [.. ((stage.Find("output") as YamlMapping)?.Entries ?? [])
            .Where(entry => IsFormat(entry.Key, entry.Value))];
        foreach (YamlScalar other in named.Select(entry => entry.Key).Prepend(format).OfType<YamlScalar>()
            .Where(key => named is [{ } first, ..] && key.Text != first.Key.Text))
        {
            Add(ErrorCodes.Conflict, other.Place, $"the output's format is '{named[0].Key.Text}' and '{other.Text}'", "Name one format.");
        }

        List<(YamlScalar Name, YamlNode Value)> options = named is [{ Value: YamlMapping settings }, ..] ? [.. settings.Entries] : [];
        foreach ((string field, string option) in new[] { ("out_type", "type"), ("out_imatrix", "imatrix") })
        {
            if (Text(stage, field) is not { } value)
            {
                continue;
            }

            if (options.Exists(setting => setting.Name.Text == option))
            {
                Add(ErrorCodes.Conflict, value.Place, $"'{field}' is short for option '{option}' of the format, which 'output' says too",
                    $"Remove `{field}`.");
            }

            options.Add((value with { Text = option }, value));
        }

        return (named is [{ Key: { } key }, ..] ? key : format, options);
    }

    private static bool IsFormat(YamlScalar key, YamlNode value) =>
        !_outputFields.Contains(key.Text) && (value is YamlMapping or YamlScalar { IsNull: true });

    private YamlScalar? ReadNames(YamlMapping stage)
    {
        string[] known = ["separate", FusedExperts.Fused];
        YamlScalar? names = stage.Find("output") is YamlMapping output ? Text(output, "names") : null;
        if (names is not null && !known.Contains(names.Text))
        {
            Add(ErrorCodes.ValueOutOfRange, names.Place, $"names is '{names.Text}'; it must be separate or fused",
                Suggestion.Hint(names.Text, known, "Write `names: fused`."));
        }

        return names;
    }

    private NoiseLimits ReadNoiseLimits(YamlMapping stage)
    {
        if (stage.Find("task_vector_snr") is not { } node || !IsMapping(node, "task_vector_snr", out YamlMapping? limits))
        {
            return NoiseLimits.Usual;
        }

        CheckFields(limits, "task_vector_snr", ["warn_below", "fail_below"]);
        return new NoiseLimits(ReadRatio(limits, "warn_below") ?? NoiseLimits.Usual.WarnBelow,
            ReadRatio(limits, "fail_below") ?? NoiseLimits.Usual.FailBelow);
    }

    private double? ReadRatio(YamlMapping mapping, string field)
    {
        if (Text(mapping, field) is not { } scalar)
        {
            return null;
        }

        if (double.TryParse(scalar.Text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double ratio)
            && double.IsFinite(ratio))
        {
            return ratio;
        }

        Add(ErrorCodes.ValueOutOfRange, scalar.Place, $"{field} is '{scalar.Text}'; it must be a number from 0 up", null);
        return null;
    }

    private DType? ReadDType(YamlMapping stage, string field)
    {
        if (Text(stage, field) is not { } scalar)
        {
            return null;
        }

        string name = scalar.Text.StartsWith("torch.", StringComparison.Ordinal) ? scalar.Text["torch.".Length..] : scalar.Text;
        if (!_dtypes.TryGetValue(name, out DType? type))
        {
            string[] known = ["float32", "bfloat16", "float16", "float64"];
            Add(ErrorCodes.ValueOutOfRange, scalar.Place, $"{field} is '{scalar.Text}'; it must be one of {string.Join(", ", known)}",
                Suggestion.Closest(scalar.Text, known) is { } closest ? $"did you mean '{closest}'?" : null);
        }

        return type;
    }

    private bool ReadIntegers(YamlMapping stage)
    {
        YamlScalar? scalar = Text(stage, "integers");
        if (scalar is not null && scalar.Text is not ("equal" or "first"))
        {
            Add(ErrorCodes.ValueOutOfRange, scalar.Place, $"integers is '{scalar.Text}'; it must be equal or first",
                Suggestion.Hint(scalar.Text, ["equal", "first"], "Write `integers: first`."));
        }

        return scalar?.Text == "first";
    }

    private MissingRule ReadMissingRule(YamlMapping stage)
    {
        if (Text(stage, "missing") is not { } scalar)
        {
            return MissingRule.Usual;
        }

        string[] known = ["error", "base", "skip", "single"];
        if (!known.Contains(scalar.Text))
        {
            Add(ErrorCodes.ValueOutOfRange, scalar.Place, $"missing is '{scalar.Text}'; it must be one of {string.Join(", ", known)}",
                Suggestion.Hint(scalar.Text, known, "Write `missing: base` to keep the base's tensors."));
            return MissingRule.Usual;
        }

        return Enum.Parse<MissingRule>(scalar.Text, ignoreCase: true);
    }

    private IReadOnlyList<YamlScalar> ReadUses(YamlMapping stage) => ReadWords(stage, "uses", " such as `[ties@^1.2]`");

    private IReadOnlyList<YamlScalar> ReadWords(YamlMapping stage, string field, string example = "") => stage.Find(field) switch
    {
        null => [],
        YamlScalar scalar => [scalar],
        YamlSequence sequence when sequence.Items.All(item => item is YamlScalar) => [.. sequence.Items.Cast<YamlScalar>()],
        { } other => Wrong<IReadOnlyList<YamlScalar>>(other, $"'{field}' must be a list of words{example}", []),
    };

    private YamlScalar? Text(YamlMapping mapping, string field) => mapping.Find(field) switch
    {
        null => null,
        YamlScalar scalar => scalar,
        { } other => Wrong<YamlScalar?>(other, $"'{field}' must be a word", null),
    };

    private IReadOnlyList<YamlNode> Items(YamlNode node, string field)
    {
        if (node is YamlSequence { Items.Count: > 0 } sequence)
        {
            return sequence.Items;
        }

        return Wrong<IReadOnlyList<YamlNode>>(node, $"'{field}' must be a list with at least one item", []);
    }

    private T Wrong<T>(YamlNode node, string expected, T instead)
    {
        Add(ErrorCodes.WrongType, node.Place, $"{expected}, found {node.Kind}", null);
        return instead;
    }

    private bool IsMapping(YamlNode node, string what, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out YamlMapping? mapping)
    {
        mapping = node as YamlMapping;
        if (mapping is null)
        {
            Add(ErrorCodes.WrongType, node.Place, $"{what} must be a mapping of fields, found {node.Kind}", null);
        }

        return mapping is not null;
    }

    private void CheckFields(YamlMapping mapping, string owner, string[] known, bool isStage = false)
    {
        // A field of a recipe may hold an anchor alone, for aliases to repeat.
        foreach ((YamlScalar key,
            _) in mapping.Entries.Where(entry => !known.Contains(entry.Key.Text) && !(isStage && entry.Value.Anchor is not null)))
        {
            (string what, string hint) = Elsewhere(key.Text, known, isStage)
                ?? ("", Suggestion.Hint(key.Text, known, $"known are {string.Join(", ", known)}"));
            Add(ErrorCodes.UnknownField, key.Place, $"{owner} have no field '{key.Text}'{what}", hint);
        }
    }

    // What is known, but has another place, is no misspelt neighbour.
    private static (string What, string Hint)? Elsewhere(string key, string[] known, bool isStage) =>
        known.Contains("parameters") && FieldMethods.HaveParameter(key) ? (", which is a parameter", $"Write `parameters: {{{key}: …}}`.")
        : key == "revision" && known.Contains("model")
            ? (", as a revision is a part of the model's name", "Write `org/name@revision` for the model.")
        : !isStage && _stageFields.Contains(key) && key != "name"
            ? (", which is one of the whole recipe", $"Move `{key}:` to the top of the recipe.")
        : FieldOptions.Instead(key) is { } instead ? (", which is an option of mergekit's programs", $"In its place, {instead}.")
        : null;

    private void AddMissing(YamlMapping mapping, string field, string hint) =>
        Add(ErrorCodes.Missing, mapping.Place, $"'{field}' is missing", hint);

    private void Add(ErrorCode code, TextPlace place, string message, string? hint) =>
        _problems.Add(new Problem(code, message, hint, place));
}
