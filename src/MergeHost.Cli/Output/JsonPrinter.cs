using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace MergeHost.Cli.Output;

/// <summary>Results as JSON, progress and problems as lines of JSON.</summary>
internal sealed class JsonPrinter(bool isQuiet) : IPrinter
{
    private static readonly JsonSerializerOptions _line = new()
    {
        PropertyNamingPolicy = JsonNames.Policy,

        // A perplexity may be infinite.
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase), new WordConverter<ErrorCode>(), new WordConverter<DType>() },
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    private static readonly JsonSerializerOptions _document = new(_line) { WriteIndented = true };

    public void Show(Problem problem)
    {
        if (!isQuiet || problem.Severity == Severity.Error)
        {
            WriteLine(new { Event = problem.Severity, problem.Code, problem.Message, problem.Hint, problem.Place });
        }
    }

    public void Show(IReadOnlyList<Problem> problems)
    {
        foreach (Problem problem in ProblemList.InOrder(problems))
        {
            Show(problem);
        }
    }

    public void Say(string line)
    {
    }

    public void Log(string level, string source, string message) => WriteLine(new { Event = "log", Level = level, Source = source, Message = message });

    public void Follow(string line)
    {
    }

    public T Track<T>(string title, Func<IProgress<MergeProgress>?, T> work) =>
        work(isQuiet ? null : new PacedProgress(TimeSpan.FromMilliseconds(100), progress => WriteLine(new { Event = "progress", Task = title, Progress = progress })));

    public void Write<T>(T data, Action<T> forPeople, bool isData) => Console.Out.WriteLine(JsonSerializer.Serialize(data, _document));

    private static void WriteLine(object line) => Console.Error.WriteLine(JsonSerializer.Serialize(line, _line));

    /// <summary>Writes a value as the word it is known by.</summary>
    private sealed class WordConverter<T> : JsonConverter<T>
    {
        public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => throw new NotSupportedException();

        public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) => writer.WriteStringValue(value!.ToString());
    }
}
