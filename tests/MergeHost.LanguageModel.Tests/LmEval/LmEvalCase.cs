using System.Globalization;
using System.Text.Json;
using MergeHost.Benchmarks;
using MergeHost.Plugins.LanguageModel.Harness;

namespace MergeHost.LanguageModel.Tests.LmEval;

/// <summary>A run of lm-evaluation-harness on a checkpoint of the family, with what it found.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Folder">The folder that its paths start from.</param>
/// <param name="Json">Its entry in the manifest.</param>
internal sealed record LmEvalCase(string Name, string Folder, JsonElement Json)
{
    // Another folder with more cases of the same form may be named.
    private const string Variable = "MERGEHOST_LM_EVAL_CASES";

    /// <summary>The cases of the fixtures, or of the folder that the environment names.</summary>
    public static IReadOnlyDictionary<string, LmEvalCase> All { get; } = Read(Environment.GetEnvironmentVariable(Variable)
        ?? Fixtures.File("lm-eval"));

    /// <summary>What lm-evaluation-harness found.</summary>
    public JsonElement Expected =>
        JsonDocument.Parse(System.IO.File.ReadAllText(Path.Combine(Folder, Json.GetProperty("folder").GetString()!,
            ExpectedName))).RootElement;

    /// <summary>What this program does otherwise, or <see langword="null"/>.</summary>
    public string? Product => Json.TryGetProperty("product", out JsonElement product) ? product.GetString() : null;

    /// <summary>Whether the run has numbers to compare.</summary>
    public bool HasNumbers =>
        Json.TryGetProperty("tolerance", out JsonElement tolerance) && tolerance.ValueKind == JsonValueKind.String
            && tolerance.GetString() != "null";

    public string Model => ModelArgs["pretrained"].Split('/')[^1];

    /// <summary>Whether the checkpoint has another tokenizer's settings; the folder of these.</summary>
    public string? Tokenizer => ModelArgs.GetValueOrDefault("tokenizer") is { } path ? Path.Combine(Folder, path) : null;

    /// <summary>The run's command line as options.</summary>
    public LmEvalOptions Options(string task) => new()
    {
        Task = Argument("--tasks")!,
        IncludePath = Argument("--include_path"),
        Shots = Argument("--num_fewshot") is { } shots ? int.Parse(shots, CultureInfo.InvariantCulture) : null,
        Limit = Argument("--limit") is { } limit ? double.Parse(limit, CultureInfo.InvariantCulture) : null,
        Samples = Argument("--samples") is { } samples
            ? string.Join(", ", JsonDocument.Parse(samples).RootElement.GetProperty(task).EnumerateArray())
            : null,
        Seed = int.Parse((Argument("--seed") ?? "1234").Split(',')[^1], CultureInfo.InvariantCulture),
        ApplyChatTemplate = Arguments.Contains("--apply_chat_template"),
        FewshotAsMultiturn = Argument("--fewshot_as_multiturn") != "false",
        SystemInstruction = Argument("--system_instruction"),
        GenKwargs = Argument("--gen_kwargs"),
        AddBosToken = ModelArgs.GetValueOrDefault("add_bos_token") is { } adds ? adds == "True" : null,
        MaxLength = ModelArgs.GetValueOrDefault("max_length") is { } length ? int.Parse(length, CultureInfo.InvariantCulture) : null,
        PredictOnly = Arguments.Contains("--predict_only"),
        BootstrapIters = Json.TryGetProperty("bootstrap_iters", out JsonElement iterations)
            ? iterations.GetInt32()
            : Name == "mc-scores" ? 2000 : 100_000,
    };

    public BenchmarkContext Context(Action<Problem> warn) =>
        new() { Folder = Folder, Threads = Environment.ProcessorCount, KeepsRecords = true, Warn = warn };

    private string ExpectedName => Json.TryGetProperty("expected", out JsonElement expected) ? expected.GetString()! : "expected.json";

    private string[] Arguments => [.. Json.GetProperty("args").EnumerateArray().Select(argument => argument.GetString()!)];

    private Dictionary<string, string> ModelArgs =>
        Argument("--model_args")!.Split(',').Select(pair => pair.Split('=', 2)).ToDictionary(pair => pair[0], pair => pair[1]);

    private string? Argument(string name) => Array.IndexOf(Arguments, name) is >= 0 and int place ? Arguments[place + 1] : null;

    private static Dictionary<string, LmEvalCase> Read(string folder) =>
        JsonDocument.Parse(System.IO.File.ReadAllText(Path.Combine(folder, "manifest.json"))).RootElement.GetProperty("cases")
            .EnumerateArray()
                .Select(json => new LmEvalCase(json.GetProperty("name").GetString()!, folder, json)).ToDictionary(one => one.Name);
}
