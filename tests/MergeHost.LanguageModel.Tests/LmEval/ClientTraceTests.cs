using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using MergeHost.Checkpoints;
using MergeHost.Plugins.LanguageModel;
using MergeHost.Runtimes;
using MergeHost.Serving;
using MergeHost.Testing;

namespace MergeHost.LanguageModel.Tests.LmEval;

/// <summary>What lm-eval's and OpenAI's clients send to a server, and what they need of its answer: <c>clients/server.py</c>
/// of the cases gave it by transformers.</summary>
public sealed class ClientTraceTests : IAsyncLifetime, IAsyncDisposable
{
    // A run of a server that puts no BOS in front of texts; a field of ours asks for the same.
    private const string WithoutBos = "text-no-bos-right";

    private static readonly string _folder = Path.Combine(Environment.GetEnvironmentVariable("MERGEHOST_LM_EVAL_CASES")
        ?? Fixtures.File("lm-eval"), "clients");

    private readonly HttpClient _client = new();
    private readonly TemporaryFolder _checkpoint = new();
    private readonly List<IAsyncDisposable> _servers = [];
    private readonly List<ILanguageModel> _models = [];

    /// <summary>The files, and the runs or calls in them.</summary>
    public static TheoryData<string, string> Traces
    {
        get
        {
            TheoryData<string, string> data = [];
            foreach ((string file, string name) in ((string, string)[])[("lm-eval.jsonl", "run"), ("openai.jsonl", "call")])
            {
                foreach (string value in Read(file).Select(trace => (string)trace[name]!).Distinct())
                {
                    data.Add(file, value);
                }
            }

            return data;
        }
    }

    Task IAsyncLifetime.InitializeAsync() => Task.CompletedTask;

    [TorchTheory]
    [MemberData(nameof(Traces))]
    public async Task Answer_ToWhatAClientSends_IsWhatItNeeds(string file, string name)
    {
        bool chats = file == "openai.jsonl" || name is "chat" or "chat-concurrent" or "remote-chat";
        _client.BaseAddress = new Uri(await StartAsync(chats));
        foreach (JsonNode trace in Read(file)
            .Where(trace => (string?)(trace["run"] ?? trace["call"]) == name && (int)trace["response"]!["status"]! < 500))
        {
            JsonNode request = trace["request"]!;
            JsonObject? body = request["body"]?.AsObject();
            if (name == WithoutBos)
            {
                body!["add_special_tokens"] = false;
            }

            if (request["cut"] is not null)
            {
                body!["prompt"] = string.Concat(Enumerable.Repeat("whale ", 600));
            }

            using HttpRequestMessage message = new(new HttpMethod((string)request["method"]!),
                new Uri((string)request["path"]!, UriKind.Relative));
            message.Content = body is null ? null : new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json");
            using HttpResponseMessage answer = await _client.SendAsync(message);
            string text = await answer.Content.ReadAsStringAsync();
            if (body?["repetition_penalty"] is not null)
            {
                // A setting that nobody here knows is no setting that changes nothing.
                Assert.Equal((HttpStatusCode.BadRequest, "repetition_penalty"),
                    (answer.StatusCode, (string?)JsonNode.Parse(text)!["error"]!["param"]));
                continue;
            }

            Assert.True((int)trace["response"]!["status"]! == (int)answer.StatusCode, text);
            Comparison comparison = new(IsSampled: body is not null && !IsGreedy(body));
            if (trace["response"]!["events"] is JsonArray events)
            {
                Assert.Equal("text/event-stream", answer.Content.Headers.ContentType!.MediaType);
                string[] found = text.Split("\n\n", StringSplitOptions.RemoveEmptyEntries);
                Assert.All(found, line => Assert.StartsWith("data: ", line, StringComparison.Ordinal));
                Assert.Equal("data: [DONE]", found[^1]);
                comparison.Compare(new JsonArray([.. events.SkipLast(1).Select(one => one!.DeepClone())]),
                    new JsonArray([.. found.SkipLast(1).Select(line => JsonNode.Parse(line["data: ".Length..]))]), "events");
            }
            else
            {
                comparison.Compare(trace["response"]!["body"]!, JsonNode.Parse(text)!, "body");
            }
        }
    }

    Task IAsyncLifetime.DisposeAsync() => Task.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        foreach (IAsyncDisposable server in _servers)
        {
            await server.DisposeAsync();
        }

        _models.ForEach(model => model.Dispose());
        _checkpoint.Dispose();
    }

    // Of a score nothing is drawn; where the sampling is not said it is at temperature 1.
    private static bool IsGreedy(JsonObject body) =>
        (double?)body["temperature"] == 0 || body["prompt"] is null && body["messages"] is null;

    private static IEnumerable<JsonNode> Read(string file) =>
        System.IO.File.ReadLines(Path.Combine(_folder, file)).Select(line => JsonNode.Parse(line)!);

    private async Task<string> StartAsync(bool chats)
    {
        string folder = Path.Combine(AppContext.BaseDirectory, "quickstart", "base");
        if (chats)
        {
            foreach (string file in Directory.EnumerateFiles(folder)
                .Concat(Directory.EnumerateFiles(Fixtures.File("lm-eval", "inputs", "chat-tokenizer"))))
            {
                System.IO.File.Copy(file, _checkpoint[Path.GetFileName(file)], overwrite: true);
            }

            folder = _checkpoint.Path;
        }

        using ICheckpointReader checkpoint = Fixtures.Open(folder);
        ILanguageModel model = new TorchRuntime().Load(checkpoint, default, Environment.ProcessorCount);
        _models.Add(model);
        CompletionServer server = new(model, "base", new IPEndPoint(IPAddress.Loopback, 0));
        _servers.Add(server);
        return await server.StartAsync();
    }

    private sealed record Comparison(bool IsSampled)
    {
        // Names and times are each server's own; a message is for people; nobody reads the kind of a tokenizer.
        private static readonly string[] _own = ["id", "created", "owned_by", "message", "tokenizer_class", "tokens", "text_offset",
            "token", "bytes"];

        // What a draw decides.
        private static readonly string[] _drawn = ["text", "content", "finish_reason", "completion_tokens", "total_tokens"];

        public void Compare(JsonNode? expected, JsonNode? found, string place)
        {
            switch (expected)
            {
                case JsonObject likelihoods when place.Contains(".top_logprobs[", StringComparison.Ordinal)
                    && likelihoods["logprob"] is null:
                    Assert.Equal(likelihoods.Count, found!.AsObject().Count);
                    Assert.All(Numbers(likelihoods).Zip(Numbers(found.AsObject())), pair => Assert.Equal(pair.First, pair.Second, 1e-4));
                    break;
                case JsonObject fields:
                    foreach ((string name, JsonNode? value) in fields)
                    {
                        bool isMessage = name == "message" && value is JsonObject;
                        Assert.True(found is JsonObject others && (others.ContainsKey(name) || name == "tokenizer_class"),
                            $"{place} has no '{name}': {found?.ToJsonString()}");
                        if ((!_own.Contains(name) || isMessage) && !(IsSampled && _drawn.Contains(name)))
                        {
                            Compare(value, found![name], $"{place}.{name}");
                        }
                    }

                    break;
                case JsonArray items:
                    Assert.True(found is JsonArray array && array.Count == items.Count,
                        $"{place}: {expected.ToJsonString()} against {found?.ToJsonString()}");
                    foreach ((int index, JsonNode? item) in items.Index())
                    {
                        Compare(item, found![index], $"{place}[{index}]");
                    }

                    break;
                case JsonValue value when value.TryGetValue(out double number):
                    Assert.True(Math.Abs(number - (double)found!) <= 1e-4, $"{place}: {expected} against {found}");
                    break;
                default:
                    Assert.True(JsonNode.DeepEquals(expected, found),
                        $"{place}: {expected?.ToJsonString()} against {found?.ToJsonString()}");
                    break;
            }
        }

        private static double[] Numbers(JsonObject values) => [.. values.Select(pair => (double)pair.Value!).Order()];
    }
}
