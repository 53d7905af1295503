using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

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
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase), new WordConverter<ErrorCode>(),
            new WordConverter<DType>() },
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    /// <summary>How results are written: each with the name and version of its schema first.</summary>
    public static JsonSerializerOptions Document { get; } = new(_line)
    {
        WriteIndented = true,
        TypeInfoResolver = new DefaultJsonTypeInfoResolver { Modifiers = { AddSchema } },
    };

    public void Show(Problem problem)
    {
        if (!isQuiet || problem.Severity == Severity.Error)
        {
            WriteLine(new ProblemEvent(problem.Severity, problem.Code, problem.Message, problem.Hint, problem.Place));
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

    public void Log(string level, string source, string message) => WriteLine(new LogEvent(level, source, message));

    public void Follow(string line)
    {
    }

    public T Track<T>(string title, Func<IProgress<MergeProgress>?, T> work) =>
        work(isQuiet ? null : new PacedProgress(TimeSpan.FromMilliseconds(100), progress => WriteLine(new ProgressEvent(title, progress))));

    public void Write<T>(T data, Action<T> forPeople, bool isData) => Console.Out.WriteLine(JsonSerializer.Serialize(data, Document));

    private static void WriteLine(object line) => Console.Error.WriteLine(JsonSerializer.Serialize(line, _line));

    private static void AddSchema(JsonTypeInfo type)
    {
        if (type.Kind == JsonTypeInfoKind.Object && type.Properties.All(property => property.Name != "schema")
            && OutputSchema.Of(type.Type) is { } schema)
        {
            JsonPropertyInfo property = type.CreateJsonPropertyInfo(typeof(string), "schema");
            property.Get = _ => schema;
            property.IsGetNullable = property.IsSetNullable = false;
            property.Order = -1;
            type.Properties.Insert(0, property);
        }
    }

    /// <summary>Writes a value as the word it is known by.</summary>
    private sealed class WordConverter<T> : JsonConverter<T>
    {
        public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            throw new NotSupportedException();

        public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) =>
            writer.WriteStringValue(value!.ToString());
    }
}
