using System.ComponentModel.DataAnnotations;
using MergeHost.Benchmarks;

namespace MergeHost.Plugins.LanguageModel.Harness;

/// <summary>Options of <c>lm_eval</c>.</summary>
/// <remarks>
/// Names are those of lm-evaluation-harness's command line. Files that a task names start at the suite's folder or, if they are not there,
/// where the program runs, as they do there.
/// </remarks>
public sealed record LmEvalOptions
{
    /// <summary>A task file of lm-evaluation-harness, in YAML; or, with <c>include_path</c>, names of tasks,
    /// groups or tags with commas between them.</summary>
    public required string Task { get; init; }

    /// <summary>The folder of task files in which names are looked up; for a file its own folder by default.</summary>
    public string? IncludePath { get; init; }

    /// <summary>The split that is measured, as JSON Lines with the fields that the task names; instead of
    /// the data that the task itself names.</summary>
    [DataFile]
    public string? Data { get; init; }

    /// <summary>The split that examples are taken from, in the same form; of use with <c>data</c>.</summary>
    [DataFile]
    public string? ShotsData { get; init; }

    /// <summary>How many examples stand before each question; the task's <c>num_fewshot</c> by
    /// default. A task that says 0 has none.</summary>
    [Range(0, 1000)]
    public int? Shots { get; init; }

    /// <summary>How many items are asked, the first ones; below 1 a share of them.</summary>
    [Range(0.0, 1e9, MinimumIsExclusive = true)]
    public double? Limit { get; init; }

    /// <summary>The numbers of the items that are asked, from 0, with commas between them; all by default.</summary>
    public string? Samples { get; init; }

    /// <summary>The seed by which examples are drawn.</summary>
    public int Seed { get; init; } = 1234;

    /// <summary>Whether prompts are made with the checkpoint's chat template.</summary>
    public bool ApplyChatTemplate { get; init; }

    /// <summary>Whether examples are turns of a conversation, or one message with the question; with a chat template.</summary>
    public bool FewshotAsMultiturn { get; init; } = true;

    /// <summary>A text that stands before each task's description.</summary>
    public string? SystemInstruction { get; init; }

    /// <summary>Entries of <c>generation_kwargs</c> that replace the task's, such as <c>max_gen_toks=64,temperature=0.7</c>.</summary>
    public string? GenKwargs { get; init; }

    /// <summary>Whether BOS stands before texts; as the tokenizer has it by default.</summary>
    public bool? AddBosToken { get; init; }

    /// <summary>How many tokens the model reads; as many as it was made for by default.</summary>
    [Range(1, 1 << 24)]
    public int? MaxLength { get; init; }

    /// <summary>Whether answers are recorded and not judged.</summary>
    public bool PredictOnly { get; init; }

    /// <summary>How many draws errors without a formula are found by.</summary>
    [Range(2, 1_000_000)]
    public int BootstrapIters { get; init; } = 100_000;

    /// <summary>A field of the items; errors count items of the same value as one, as they are not independent.</summary>
    public string? Cluster { get; init; }

    /// <summary>
    /// Whether oddities of lm-evaluation-harness stay, so that numbers are its own: BOS is scored in whole texts, the blank before a
    /// written answer is lost with SentencePiece, examples depend on which items are asked. A choice that no token is left of is refused;
    /// without the oddities it is encoded by itself.
    /// </summary>
    public bool Quirks { get; init; } = true;

    /// <summary>The type in which the model computes.</summary>
    public ModelPrecision Precision { get; init; }
}
