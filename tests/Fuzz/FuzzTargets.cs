using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using MergeHost.Checkpoints;
using MergeHost.Evaluation.Measuring;
using MergeHost.Output;
using MergeHost.Plugins;
using MergeHost.Plugins.Gguf;
using MergeHost.Plugins.LanguageModel.Benchmarks;
using MergeHost.Plugins.LanguageModel.Harness;
using MergeHost.Plugins.LanguageModel.Models.Settings;
using MergeHost.Plugins.LanguageModel.Templates;
using MergeHost.Plugins.Safetensors;
using MergeHost.Recipes.Reading;
using MergeHost.Running.Data;
using MergeHost.Running.Records;
using MergeHost.Runtimes;
using MergeHost.Serving;
using MergeHost.Storage.Folders;
using MergeHost.Storage.Text;
using MergeHost.Testing;
using MergeHost.Tokenizers;

namespace MergeHost.Fuzz.Tests;

/// <summary>One reader.</summary>
/// <param name="Words">What it may stumble over.</param>
/// <param name="Read">Reads a mutant; the folder is for readers of files.</param>
internal sealed record FuzzTarget(IReadOnlyList<string> Words, Action<byte[], TemporaryFolder> Read);

/// <summary>All readers of what strangers send, by the folder of their corpus.</summary>
internal static class FuzzTargets
{
    private static readonly string[] _json =
        ["\"", "{", "}", "[", "]", ",", ":", "-", "null", "true", "NaN", "-Infinity", "1e999", "9999999999999999999", "\\u0000", "\\ud800",
            "1.5", "[[[[[[[[", "\"\"", "../", "\xff"];

    private static readonly string[] _yaml =
        ["\n", "  ", "- ", ": ", "&a ", "*a", "<<: ", "!!x ", "[", "]", "{", "}", "\"", "'", "|\n", ">\n", "? ", "---\n", "\t", "~", "null",
            "1e999", "-1", "[0, 16]", "\\0", "\xff"];

    private static readonly string[] _template =
        ["{{", "}}", "{%", "%}", "if ", "else", "endif", "for ", "in ", "endfor", "not ", "(", ")", "[", "]", "'", "\"", "|", ".", "~", "+",
            "*", "%", "-", "join", "replace", "split", "999999999", "loop.index", ":", ",", "\\x", "set ", "="];

    private static readonly string[] _pattern = ["(", ")", "(?:", "(?!", "(?<=", "[", "]", "[^", "*", "+", "?", "{2,3}", "{99999}", "|",
        "\\p{L}", "\\", "^", "$", ".", "\\1", "(?i)"];

    private static readonly string[] _binary = ["\0\0\0\0", "\xff\xff\xff\xff", "\xff\xff\xff\x7f", "\x01", "\x08", "\x09",
        "\0\0\0\0\0\0\0\x80"];

    /// <summary>The readers.</summary>
    public static IReadOnlyDictionary<string, FuzzTarget> All { get; } = new Dictionary<string, FuzzTarget>
    {
        ["yaml"] = new(_yaml, (content, _) => ThrowIfAny(problems => YamlLoader.Load("x.yaml", Text(content), problems))),
        ["recipe"] = new([.. _yaml, "merge_method", "slices", "models", "parameters", "filter", "value", "base_model", "select"],
            (content, _) => ThrowIfAny(problems => RecipeReader.Read("x.yaml", Text(content), problems))),
        ["task"] = new([.. _yaml, .. _template], (content, folder) =>
        {
            folder.Write("task.yaml", content);
            folder.Write("items.jsonl", """{"headline": "rates rise", "label": 1, "question": "what is 1 + 1?", "answer": "2"}"""u8);
            LmEvalRun.Read(new LmEvalOptions { Task = "task.yaml", Data = "items.jsonl" }, folder.Path);
        }),
        ["template"] = new(_template,
            (content, _) => new TextTemplate(Text(content))
                .Render(new Dictionary<string, object?>
                {
                    ["question"] = "what?",
                    ["choices"] = new List<object?> { "a", "b" },
                    ["label"] = 1L,
                    ["id"] = "1"
                })),
        ["items"] = new([.. _json, "\n"], (content, folder) => TaskItem.ReadAll(folder.Write("items.jsonl", content))),
        ["pattern"] = new(_pattern, (content, _) => new BoundedPattern(Text(content), Fail).Matches("The quick brown fox's 12 aaaaaaaa!")),
        ["json"] = new(_json,
            (content, _) => PythonJson.Parse(PythonJson.Indented(PythonJson.Parse(content, Fail) ?? new JsonObject()), Fail)),
        ["config"] = new([.. _json, "0", "2000000000", "-1"],
            (content, _) => DecoderConfig.Read(CompanionFile.FromBytes("config.json", content).ReadJson())),
        ["tokenizer"] = new(_json, (content, _) => RoundTrip(TokenizerReader.Read([CompanionFile.FromBytes("tokenizer.json", content)]))),
        ["sentencepiece"] = new(_binary,
            (content, _) => RoundTrip(TokenizerReader.Read([CompanionFile.FromBytes("tokenizer.model", content)]))),
        ["safetensors"] = new(_json, (content, folder) => ReadAll(new SafetensorsFormat().Open(folder.Write("x.safetensors", content)))),
        ["gguf"] = new(_binary, (content, folder) => ReadAll(new GgufFormat().Open(folder.Write("x.gguf", content)))),
        ["manifest"] = new(_json, (content, folder) =>
        {
            folder.Write("mergehost.json", content);
            _ = ManifestStore.Read(OutputPlace.InFolder(folder.Path)) ?? throw Fail("no manifest");
        }),
        ["lock"] = new(_json, (content, folder) => PluginLock.Read(folder.Write("mergehost.lock.json", content))),
        ["journal"] = new([.. _json, "\n"], (content, folder) =>
        {
            using Journal journal = Journal.Open(folder.Write("journal", content), "merge", force: false,
                out IReadOnlyList<TensorRecord> records);
            _ = records.Any(record => record.Name is null || record.Digest is null || record.Inputs is null)
                ? throw new InvalidDataException("a record is not whole")
                : 0;
        }),
        ["results"] = new(_json, (content, folder) => HarnessResults.Read(folder.Write("results.json", content))),
        ["request"] = new([.. _json, "prompt", "max_tokens", "logprobs", "stop", "n"],
            (content, _) => CompletionRequest.Read(Request(content), new Letters())),
        ["chat"] = new([.. _json, "messages", "role", "content", "type", "text", "n", "top_logprobs"],
            (content, _) => CompletionRequest.ReadChat(Request(content), new Letters())),
    };

    private static string Text(byte[] content) => Encoding.UTF8.GetString(content);

    private static MergeHostException Fail(string reason) => new(new Problem(ErrorCodes.BadConfig, reason), null);

    private static void ThrowIfAny(Action<List<Problem>> read)
    {
        List<Problem> problems = [];
        read(problems);
        if (problems.Count > 0)
        {
            throw new MergeHostException(problems);
        }
    }

    private static void RoundTrip(TextTokenizer tokenizer)
    {
        IReadOnlyList<int> ids = tokenizer.EncodeWhole("The fox's 12 déjà 薬 <s>\n");
        _ = tokenizer.Decode(ids) + string.Concat(ids.Select(tokenizer.Name));
    }

    private static void ReadAll(ICheckpointReader reader)
    {
        using (reader)
        {
            _ = string.Concat(reader.Metadata.Select(entry => entry.Value));
            foreach (CompanionFile companion in reader.Companions)
            {
                companion.ReadBytes();
            }

            foreach (TensorInfo tensor in reader.Tensors)
            {
                reader.Read(tensor, 0, new byte[tensor.LengthBytes]);
            }
        }
    }

    // As the server reads it.
    private static RequestReader Request(byte[] content)
    {
        try
        {
            using JsonDocument body = JsonDocument.Parse(content);
            return new RequestReader(body.RootElement.Clone());
        }
        catch (JsonException exception)
        {
            throw new BadRequestException(exception.Message);
        }
    }

    /// <summary>A model that only counts letters.</summary>
    private sealed class Letters : ILanguageModel
    {
        public int MaxPositions => 512;

        public int VocabularySize => 256;

        public IReadOnlyList<int> Encode(string text, bool begins) => [.. text.Select(letter => letter & 0xFF)];

        public string Decode(IReadOnlyList<int> ids) => string.Concat(ids.Select(id => (char)id));

        public string NameToken(int id) => $"{(char)id}";

        public TokenizerDescription Tokenizer { get; } = new("<s>", "</s>", null, null, null);

        public string RenderChat(IReadOnlyList<ChatMessage> messages, bool continues) =>
            string.Concat(messages.Select(message => message.Role + message.Content));

        public IReadOnlyList<IReadOnlyList<IReadOnlyList<TokenScore>>> Score(IReadOnlyList<ScoredPrompt> prompts,
            CancellationToken cancellation) => throw new NotSupportedException();

        public IReadOnlyList<GeneratedText> Generate(
            IReadOnlyList<IReadOnlyList<int>> prompts, GenerationOptions options, CancellationToken cancellation,
            GenerationObserver? observer) => [];

        public void Dispose()
        {
        }
    }
}
