using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using MergeHost.Checkpoints;
using MergeHost.Plugins.LanguageModel;
using MergeHost.Runtimes;
using MergeHost.Serving;

namespace MergeHost.LanguageModel.Tests;

/// <summary>The server by HTTP, with a trained model behind it.</summary>
public sealed class CompletionServerTests : IAsyncLifetime, IAsyncDisposable
{
    private readonly HttpClient _client = new();
    private ILanguageModel? _model;
    private CompletionServer? _server;

    public async Task InitializeAsync()
    {
        if (Libtorch.WhyNot is null)
        {
            using ICheckpointReader checkpoint = Fixtures.Family("base");
            _model = new TorchRuntime().Load(checkpoint, default, Environment.ProcessorCount);
            _server = new CompletionServer(_model, "base", new IPEndPoint(IPAddress.Loopback, 0));
            _client.BaseAddress = new Uri(await _server.StartAsync());
        }
    }

    [TorchFact]
    public async Task Completions_OfTheLikeliest_GoOnAsTransformersDoes()
    {
        JsonNode answer = await PostAsync("/v1/completions",
            """{"model": "hub/base", "prompt": "The President of the United States", "max_tokens": 5, "temperature": 0}""");
        JsonNode choice = answer["choices"]![0]!;
        Assert.Equal((", and the United States", "length"), ((string)choice["text"]!, (string)choice["finish_reason"]!));
        Assert.Null(choice["logprobs"]);
        Assert.Equal((7, 5), ((int)answer["usage"]!["prompt_tokens"]!, (int)answer["usage"]!["completion_tokens"]!));
    }

    // As lm_eval's local-completions asks, and reads: the tokens between the context and the one that was added.
    [TorchFact]
    public async Task Completions_AsHarnessesAskForThem_TellTheLikelihoodsThatTheBenchmarkFinds()
    {
        string request =
            """{"model": "base", "prompt": [[1, 300, 301, 302], [1, 400, 401]], "temperature": 0, "max_tokens": 1, "logprobs": """
                + """1, "seed": 1234, "echo": true}""";
        JsonNode answer = await PostAsync("/v1/completions", request);
        using ICheckpointReader checkpoint = Fixtures.Family("base");
        using LanguageModelLoader loader = new();
        double[] expected = [.. loader.Load(checkpoint, ModelPrecision.Float32, new() { Folder = "." })
            .Score([new ScoredPrompt([1], [[300, 301, 302]])], new() { Folder = "." })[0][0].Select(token => token.LogLikelihood)];
        JsonNode likelihoods = answer["choices"]![0]!["logprobs"]!;
        double?[] found = [.. likelihoods["token_logprobs"]!.AsArray().Select(value => (double?)value)];
        Assert.Equal(5, found.Length);
        Assert.Null(found[0]);
        Assert.All(expected.Zip(found[1..^1]), pair => Assert.Equal(pair.First, pair.Second!.Value, 1e-4));
        Assert.Equal([0, 0, 0, 0, 1],
            likelihoods["top_logprobs"]!.AsArray()
                .Select((top, place) => place == 4 && (double)top!.AsObject().Single().Value! == found[4] ? 1 : 0));
        Assert.Equal(4, answer["choices"]![1]!["logprobs"]!["tokens"]!.AsArray().Count);
    }

    [TorchFact]
    public async Task Completions_WithEchoAndNoTokens_GiveThePromptBack()
    {
        JsonNode answer = await PostAsync("/v1/completions", """{"prompt": "毎晩、母は窓を", "max_tokens": 0, "echo": true, "logprobs": 0}""");
        Assert.Equal("毎晩、母は窓を", (string)answer["choices"]![0]!["text"]!);
        string[] tokens = [.. answer["choices"]![0]!["logprobs"]!["tokens"]!.AsArray().Select(token => (string)token!)];
        Assert.Equal(("<s>", " "), (tokens[0], tokens[1][..1]));
    }

    [TorchFact]
    public async Task Completions_AsAStream_EndWithDone()
    {
        using StringContent body = new("""{"prompt": "Whale", "max_tokens": 2, "stream": true, "stop": ["\n"]}""", Encoding.UTF8,
            "application/json");
        using HttpResponseMessage answer = await _client.PostAsync("/v1/completions", body);
        string[] events = (await answer.Content.ReadAsStringAsync()).Split("\n\n", StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal("text/event-stream", answer.Content.Headers.ContentType!.MediaType);
        Assert.NotNull(JsonNode.Parse(events[0]["data: ".Length..])!["choices"]![0]!["text"]);
        Assert.Equal("data: [DONE]", events[^1]);
    }

    [TorchFact]
    public async Task Detokenize_OfWhatTokenizeGave_IsTheText()
    {
        const string Text = "The whale, 鯨 🐋!";
        JsonNode tokens = await PostAsync("/tokenize", new JsonObject { ["prompt"] = Text }.ToJsonString());
        Assert.Equal(1, (int)tokens["tokens"]![0]!);
        JsonNode text = await PostAsync("/detokenize", new JsonObject { ["tokens"] = tokens["tokens"]!.DeepClone() }.ToJsonString());
        Assert.Equal(Text, (string)text["prompt"]!);
        JsonNode models = JsonNode.Parse(await _client.GetStringAsync(new Uri("/v1/models", UriKind.Relative)))!;
        Assert.Equal(("base", 512), ((string)models["data"]![0]!["id"]!, (int)models["data"]![0]!["max_model_len"]!));
    }

    [TorchTheory]
    [InlineData("{", "the body is no JSON")]
    [InlineData("[]", "expected a mapping of fields")]
    [InlineData("{}", "'prompt' is missing")]
    [InlineData("""{"prompt": 3}""", "'prompt' must be a text, a list of token ids, or a list of 1 to 512 of these")]
    [InlineData("""{"prompt": []}""", "'prompt' must be")]
    [InlineData("""{"prompt": [1, 2048]}""", "'prompt' holds 2048; token ids are whole numbers in [0, 2048)")]
    [InlineData("""{"prompt": [1, "x"]}""", "'prompt' holds \"x\"")]
    [InlineData("""{"prompt": "a", "max_tokens": 600}""", "'prompt' has 2 tokens, which with max_tokens 600 is more than the 512")]
    [InlineData("""{"prompt": [1, 5, 6], "max_tokens": 510}""", "'prompt' has 3 tokens, which with max_tokens 510 is more than the 512")]
    [InlineData("""{"prompt": "a", "temperature": -1}""", "'temperature' must be a number in [0, 2], found -1")]
    [InlineData("""{"prompt": "a", "stop": [1]}""", "'stop' must be a text or a list")]
    [InlineData("""{"prompt": "a", "n": 0}""", "'n' must be a whole number in [1, 512], found 0")]
    [InlineData("""{"prompt": "a", "n": 2, "best_of": 3}""", "'best_of' must be a whole number in [2, 2], found 3")]
    [InlineData("""{"prompt": "a", "frequency_penalty": 1}""", "'frequency_penalty' is not supported except for 0, found 1")]
    [InlineData("""{"prompt": "a", "stream_options": {"include": true}}""", "'stream_options.include' is not known")]
    [InlineData("""{"prompt": "a", "temprature": 1}""", "'temprature' is not known")]
    [InlineData("""{"prompt": "a", "echo": 1}""", "'echo' must be true or false, found 1")]
    public async Task Completions_OfAMalformedRequest_SayWhatIsWrong(string request, string message)
    {
        using StringContent body = new(request, Encoding.UTF8, "application/json");
        using HttpResponseMessage answer = await _client.PostAsync("/v1/completions", body);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.StartsWith(message, (string)JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["error"]!["message"]!,
            StringComparison.Ordinal);
    }

    [TorchTheory]
    [InlineData("""{}""", "'messages' must be a list of 1 to 4096 messages", null)]
    [InlineData("""{"messages": [{"role": "user"}]}""", "'messages[0].content' must be a text", null)]
    [InlineData("""{"messages": [{"role": 1, "content": "a"}]}""", "'messages[0].role' must be a text", null)]
    [InlineData("""{"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {}}]}]}""",
        "'messages[0].content[0].type' is not supported except for \"text\"", "unsupported")]
    [InlineData("""{"messages": [{"role": "user", "content": "a", "name": "b"}]}""", "'messages[0].name' is not known", null)]
    [InlineData("""{"messages": [{"role": "user", "content": "a"}], "tools": [{}]}""", "'tools' is not supported", "unsupported")]
    [InlineData("""{"messages": [{"role": "user", "content": "a"}], "response_format": {"type": "json_object"}}""",
        "'response_format' is not supported except for", "unsupported")]
    [InlineData("""{"messages": [{"role": "user", "content": "a"}], "top_logprobs": 2}""", "'top_logprobs' needs logprobs to be true",
        null)]
    [InlineData("""{"messages": [{"role": "user", "content": "a"}]}""",
        "'messages' cannot be made a text: the checkpoint has no chat template", null)]
    [InlineData("""{"model": "other", "messages": []}""", "'model' 'other' is not served here; 'base' is", "model_not_found")]
    public async Task Chats_OfAMalformedRequest_SayWhatIsWrong(string request, string message, string? code)
    {
        using StringContent body = new(request, Encoding.UTF8, "application/json");
        using HttpResponseMessage answer = await _client.PostAsync("/v1/chat/completions", body);
        Assert.Equal(code == "model_not_found" ? HttpStatusCode.NotFound : HttpStatusCode.BadRequest, answer.StatusCode);
        JsonNode error = JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["error"]!;
        Assert.StartsWith(message, (string)error["message"]!, StringComparison.Ordinal);
        Assert.Equal(code, (string?)error["code"]);
    }

    [TorchTheory]
    [InlineData("""{"prompt": ["The whale", "The ship"], "max_tokens": 12, "n": 2, "temperature": 1.2, "seed": 4, "stop": ["the """
        + """sea", "\n"], "logprobs": 1}""")]
    [InlineData("""{"prompt": "日本の首都は", "max_tokens": 12, "temperature": 0, "echo": true, "logprobs": 0}""")]
    [InlineData("""{"prompt": "The President of the United States", "max_tokens": 12, "temperature": 0, "stop": "and the Un", "echo": """
        + """true}""")]
    [InlineData("""{"prompt": "The whale", "max_tokens": 0, "echo": true, "logprobs": 1}""")]
    public async Task Completions_AsAStream_HaveTheTextsAndTokensOfAWholeAnswer(string request)
    {
        JsonObject whole = (await PostAsync("/v1/completions", request)).AsObject();
        using StringContent body = new($$"""{"stream": true, {{request[1..]}}""", Encoding.UTF8, "application/json");
        using HttpResponseMessage answer = await _client.PostAsync("/v1/completions", body);
        JsonNode[] pieces = [.. (await answer.Content.ReadAsStringAsync()).Split("\n\n", StringSplitOptions.RemoveEmptyEntries).SkipLast(1)
            .Select(line => JsonNode.Parse(line["data: ".Length..])!["choices"]![0]!)];
        foreach (JsonNode? choice in whole["choices"]!.AsArray())
        {
            JsonNode[] own = [.. pieces.Where(piece => (int)piece["index"]! == (int)choice!["index"]!)];
            Assert.Equal((string)choice!["text"]!, string.Concat(own.Select(piece => (string)piece["text"]!)));
            Assert.Equal((string)choice["finish_reason"]!, (string?)own[^1]["finish_reason"]);
            foreach (string list in (string[])["tokens", "token_logprobs", "top_logprobs", "text_offset"])
            {
                JsonNode?[] told = [.. own.SelectMany(piece => piece["logprobs"]?[list]?.AsArray() ?? [])];
                Assert.True(JsonNode.DeepEquals(choice["logprobs"]?[list] ?? new JsonArray(),
                    new JsonArray([.. told.Select(one => one?.DeepClone())])), list);
            }
        }
    }

    [TorchFact]
    public async Task Completions_OfSeveralTextsForALongPrompt_AreDrawnEachForItself()
    {
        // Prompts as long as this run in batches of their own.
        string ids = string.Join(',', Enumerable.Range(0, 480).Select(place => 300 + (place % 90)));
        JsonNode answer = await PostAsync("/v1/completions", $$"""{"prompt": [{{ids}}], "max_tokens": 8, "n": 4, "seed": 3}""");
        Assert.Equal(4, answer["choices"]!.AsArray().Select(choice => (string)choice!["text"]!).Distinct().Count());
    }

    [TorchTheory]
    [InlineData("evil.example", null, null, 403)]
    [InlineData("evil.example:80", null, null, 403)]
    [InlineData("localhost", "http://evil.example", null, 403)]
    [InlineData("localhost", "null", null, 403)]
    [InlineData("localhost", "http://localhost", null, 200)]
    [InlineData("[::1]:9", null, null, 200)]
    [InlineData("localhost", null, "\"\\ud800\"", 400)]
    [InlineData("localhost", null, "\"a\", \"n\": 1.0, \"presence_penalty\": 0.0", 200)]
    [InlineData("localhost", null, "\"a\", \"n\": 1.5", 400)]
    [InlineData("localhost", null, "[1.0, 300.0], \"seed\": 5.0, \"logprobs\": 1.0", 200)]
    public async Task Completions_OfAnotherSiteOrText_AreAnsweredAsTheyShould(string host, string? origin, string? prompt, int status)
    {
        using HttpRequestMessage request = new(HttpMethod.Post, new Uri("/v1/completions", UriKind.Relative));
        request.Headers.Host = host;
        request.Headers.TryAddWithoutValidation("Origin", origin is null ? [] : [origin]);
        request.Content = new StringContent($$"""{"max_tokens": 1, "prompt": {{prompt ?? "\"a\""}}}""", Encoding.UTF8, "application/json");
        using HttpResponseMessage answer = await _client.SendAsync(request);
        Assert.Equal(status, (int)answer.StatusCode);
    }

    [TorchFact]
    public async Task Server_WithAKey_AnswersWhoHasIt()
    {
        await using CompletionServer server = new(_model!, "base", new IPEndPoint(IPAddress.Loopback, 0), "secret");
        Uri models = new(new Uri(await server.StartAsync()), "/v1/models");
        Assert.Equal(HttpStatusCode.Unauthorized, (await _client.GetAsync(models)).StatusCode);
        using HttpRequestMessage request = new(HttpMethod.Get, models) { Headers = { Authorization = new("Bearer", "secret") } };
        Assert.Equal(HttpStatusCode.OK, (await _client.SendAsync(request)).StatusCode);
        await server.StopAsync();
    }

    [TorchTheory]
    [InlineData("GET", "/v1/completions", 405)]
    [InlineData("GET", "/nothing", 404)]
    [InlineData("POST", "/v1/completions", 413)]
    public async Task Server_OfWhatItDoesNotServe_AnswersWithAMessage(string method, string path, int status)
    {
        using HttpRequestMessage request = new(new HttpMethod(method), new Uri(path, UriKind.Relative));
        request.Content = status == 413 ? new ByteArrayContent(new byte[9 << 20]) : null;
        request.Headers.ExpectContinue = status == 413;
        using HttpResponseMessage answer = await _client.SendAsync(request);
        Assert.Equal(status, (int)answer.StatusCode);
        Assert.NotNull(JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["error"]!["message"]);
    }

    [TorchFact]
    public async Task Server_Asked200TimesAtOnce_AnswersEachAsIfItWereAlone()
    {
        JsonNode[] answers = await Task.WhenAll(Enumerable.Range(0, 200).Select(index => PostAsync(
            "/v1/completions", $$"""{"prompt": [1, {{300 + (index % 4)}}], "max_tokens": 3, "temperature": 0}""")));
        Assert.All(Enumerable.Range(0, 4), kind => Assert.Single(
            answers.Where((_, index) => index % 4 == kind).Select(answer => (string)answer["choices"]![0]!["text"]!).Distinct()));
    }

    [TorchFact]
    public async Task Completions_AsAStreamWhoseReaderLeaves_StopTheModel()
    {
        using TalkingModel model = new(_model!);
        await using CompletionServer server = new(model, "base", new IPEndPoint(IPAddress.Loopback, 0));
        Uri completions = new(new Uri(await server.StartAsync()), "/v1/completions");
        using (HttpRequestMessage request =
            new(HttpMethod.Post, completions) { Content = new StringContent("""{"prompt": "a", "stream": true}""") })
        {
            using HttpResponseMessage answer = await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        }

        await model.Stopped.WaitAsync(TimeSpan.FromSeconds(20));
        await server.StopAsync();
    }

    [TorchFact]
    public async Task Stop_WhileARequestRuns_AnswersItAndListensNoMore()
    {
        Task<HttpResponseMessage> running = _client.PostAsync("/v1/completions",
            new StringContent("""{"prompt": "a", "max_tokens": 500}"""));
        await Task.Delay(100);
        await _server!.StopAsync();
        using HttpResponseMessage answer = await running;
        Assert.True(answer.StatusCode is HttpStatusCode.ServiceUnavailable or HttpStatusCode.OK);
        HttpRequestException exception =
            await Assert.ThrowsAsync<HttpRequestException>(() => _client.GetAsync(new Uri("/health", UriKind.Relative)));
        Assert.IsType<SocketException>(exception.InnerException);
    }

    Task IAsyncLifetime.DisposeAsync() => Task.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        if (_server is not null)
        {
            await _server.StopAsync();
            await _server.DisposeAsync();
        }

        _model?.Dispose();
    }

    /// <summary>Adds letters until it is stopped.</summary>
    private sealed class TalkingModel(ILanguageModel model) : ILanguageModel
    {
        private readonly TaskCompletionSource _stopped = new();

        public Task Stopped => _stopped.Task;

        public int MaxPositions => model.MaxPositions;

        public int VocabularySize => model.VocabularySize;

        public TokenizerDescription Tokenizer => model.Tokenizer;

        public IReadOnlyList<int> Encode(string text, bool begins) => model.Encode(text, begins);

        public string Decode(IReadOnlyList<int> ids) => model.Decode(ids);

        public string NameToken(int id) => model.NameToken(id);

        public string RenderChat(IReadOnlyList<ChatMessage> messages, bool continues) => model.RenderChat(messages, continues);

        public IReadOnlyList<IReadOnlyList<IReadOnlyList<TokenScore>>> Score(IReadOnlyList<ScoredPrompt> prompts,
            CancellationToken cancellation) => model.Score(prompts, cancellation);

        public IReadOnlyList<GeneratedText> Generate(
            IReadOnlyList<IReadOnlyList<int>> prompts, GenerationOptions options, CancellationToken cancellation,
            GenerationObserver? observer)
        {
            for (string text = "a"; !cancellation.IsCancellationRequested; text += "a")
            {
                observer!(0, new GeneratedText([], [], text, false));
                Thread.Sleep(1);
            }

            _stopped.SetResult();
            throw new OperationCanceledException(cancellation);
        }

        public void Dispose()
        {
        }
    }

    private async Task<JsonNode> PostAsync(string path, string request)
    {
        using StringContent body = new(request, Encoding.UTF8, "application/json");
        using HttpResponseMessage answer = await _client.PostAsync(new Uri(path, UriKind.Relative), body);
        string text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, text);
        return JsonNode.Parse(text)!;
    }
}
