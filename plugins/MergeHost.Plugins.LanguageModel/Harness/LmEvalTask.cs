using MergeHost.Kernels.Reading;

namespace MergeHost.Plugins.LanguageModel.Harness;

/// <summary>A task file of lm-evaluation-harness, as far as it is plain data.</summary>
internal sealed class LmEvalTask
{
    // What tells where data come from, or describes, and has no part in how a model is asked.
    private static readonly string[] _descriptive =
    [
        "task_alias", "tag", "group", "dataset_path", "dataset_name", "dataset_kwargs", "training_split", "validation_split", "test_split", "fewshot_split",
        "metadata", "should_decontaminate", "doc_to_decontamination_query", "fewshot_config",
    ];

    private readonly string _path;
    private readonly TaskYaml _yaml;

    private LmEvalTask(string path, TaskYaml yaml)
    {
        _path = path;
        _yaml = yaml;
        Name = yaml.Text("task") ?? Path.GetFileNameWithoutExtension(path);
        IsMultipleChoice = yaml.Text("output_type") switch
        {
            "multiple_choice" => true,
            "generate_until" or null => false,
            string other => throw Refuse($"output_type '{other}'", "multiple_choice, generate_until"),
        };
        Prompt = yaml.Text("doc_to_text") ?? throw Refuse("a task without 'doc_to_text'", "a template or the name of a field");
        Target = yaml.Text("doc_to_target") ?? throw Refuse("a task without 'doc_to_target'", "a template or the name of a field");
        Description = yaml.Text("description") ?? "";
        Delimiter = yaml.Text("target_delimiter") ?? " ";
        Separator = yaml.Text("fewshot_delimiter") ?? "\n\n";
        Shots = yaml.Whole("num_fewshot") ?? 0;
        Choices = IsMultipleChoice ? ReadChoices() : "";
        Generation = IsMultipleChoice ? new LmEvalGeneration() : LmEvalGeneration.Read(yaml);
        Metrics = LmEvalMetrics.Read(yaml, IsMultipleChoice);
        if (yaml.Whole("repeats") is { } repeats and not 1)
        {
            throw Refuse($"'repeats: {repeats}'", "1");
        }

        yaml.Skip(_descriptive);
        yaml.ThrowIfLeft();
    }

    public string Name { get; }

    /// <summary>Whether answers are chosen by their likelihood rather than written.</summary>
    public bool IsMultipleChoice { get; }

    /// <summary>What stands before everything.</summary>
    public string Description { get; }

    /// <summary>A template, or the name of a field.</summary>
    public string Prompt { get; }

    /// <inheritdoc cref="Prompt"/>
    public string Target { get; }

    /// <inheritdoc cref="Prompt"/>
    public string Choices { get; }

    public string Delimiter { get; }

    public string Separator { get; }

    public int Shots { get; }

    public LmEvalGeneration Generation { get; }

    public LmEvalMetrics Metrics { get; }

    /// <summary>Reads a task file.</summary>
    /// <exception cref="MergeHostException">MH6002: it is no task, or needs what is not plain data; that is told by name.</exception>
    public static LmEvalTask Read(string path) => new(path, TaskYaml.Read(path));

    private MergeHostException Refuse(string what, string known) => TaskYaml.NotSupported(_path, what, known);

    // A list of templates becomes one template that gives a list.
    private string ReadChoices() => _yaml.Take("doc_to_choice") switch
    {
        YamlScalar template => template.Text,
        YamlSequence list when list.Items.All(item => item is YamlScalar text && !text.Text.Contains("{{", StringComparison.Ordinal)) =>
            $"{{{{[{string.Join(", ", list.Items.Cast<YamlScalar>().Select(item => Quoted(item.Text)))}]}}}}",
        _ => throw Refuse("this 'doc_to_choice'", "a template, the name of a field, or a list of texts"),
    };

    private static string Quoted(string text) => $"'{text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "\\'", StringComparison.Ordinal)}'";
}
