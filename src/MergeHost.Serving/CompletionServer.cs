using System.Buffers;
using System.Net;
using System.Text.Json;
using System.Threading.Channels;
using MergeHost.Checkpoints;
using MergeHost.Runtimes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace MergeHost.Serving;

/// <summary>Serves one model by HTTP in the form of OpenAI's completions and chats, as harnesses and
/// clients of language models speak it.</summary>
/// <remarks>Requests wait in a queue for the model, which runs one at a time; those beyond
/// <see cref="MostWaiting"/> are refused with 503.</remarks>
internal sealed class CompletionServer : IAsyncDisposable
{
    public const int MostWaiting = 512;
    private const int MostBodyBytes = 8 << 20;

    // Of all requests together, whether they are being read, wait or run.
    private const int MostHeldBytes = 8 * MostBodyBytes;

    // A request or an answer as large as this leaves garbage worth giving back at once.
    private const int LargeBytes = 1 << 20;

    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(0.8);

    private readonly ILanguageModel _model;
    private readonly string _name;
    private readonly WebApplication _application;
    private readonly SemaphoreSlim _turn = new(1);
    private readonly CancellationTokenSource _stopping = new();
    private readonly RequestGate _gate;
    private int _waiting;
    private long _heldBytes;

    /// <param name="model">The model; it is not disposed.</param>
    /// <param name="name">Its name in answers.</param>
    /// <param name="address">The address that is listened at; a port of 0 takes any that is free.</param>
    /// <param name="key">The key that requests must have, or <see langword="null"/> for none.</param>
    public CompletionServer(ILanguageModel model, string name, IPEndPoint address, string? key = null)
    {
        _gate = new RequestGate(address.Address, key);
        _model = model;
        _name = name;
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = MostBodyBytes;
            kestrel.Listen(address, listen => listen.Protocols = HttpProtocols.Http1);
        });
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = _patience);
        builder.Services.AddRoutingCore().AddSingleton<IHostLifetime, NoLifetime>();
        builder.Logging.ClearProviders();
        _application = builder.Build();
        _application.Use(Guard);
        _application.UseRouting();
        _application.MapGet("/health", context => AnswerAsync(context, json => json.WriteString("status", "ok")));
        _application.MapGet("/v1/models", context => AnswerAsync(context, WriteModels));
        _application.MapGet("/v1/models/{*id}",
            context => AnswerAsync(context, json => WriteModel(json, context.Request.RouteValues["id"] as string)));
        _application.MapGet("/tokenizer_info", context => AnswerAsync(context, WriteTokenizer));
        _application.MapPost("/v1/completions",
            context => CompleteAsync(context, CompletionRequest.Read, request => new TextAnswer(request, _model, _name)));
        _application.MapPost("/v1/chat/completions",
            context => CompleteAsync(context, CompletionRequest.ReadChat, request => new ChatAnswer(request, _model, _name)));
        _application.MapPost("/tokenize", TokenizeAsync);
        _application.MapPost("/detokenize", DetokenizeAsync);
    }

    /// <summary>Begins to listen.</summary>
    /// <returns>The address, such as <c>http://127.0.0.1:8000</c>.</returns>
    /// <exception cref="IOException">The address cannot be listened at.</exception>
    public async Task<string> StartAsync()
    {
        await _application.StartAsync().ConfigureAwait(false);
        return _application.Urls.First();
    }

    /// <summary>Takes no more requests, stops those that run, and returns when all are answered.</summary>
    public async Task StopAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _application.StopAsync().ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        await _application.DisposeAsync().ConfigureAwait(false);
        _turn.Dispose();
        _stopping.Dispose();
    }

    // What goes wrong becomes an answer in the form that clients of OpenAI's understand.
    private async Task Guard(HttpContext context, RequestDelegate next)
    {
        try
        {
            if (_gate.Refusal(context.Request) is { } refusal)
            {
                await Refuse(context, refusal.Status, refusal.Message).ConfigureAwait(false);
                return;
            }

            await next(context).ConfigureAwait(false);
            if (!context.Response.HasStarted
                && context.Response.StatusCode is StatusCodes.Status404NotFound or StatusCodes.Status405MethodNotAllowed)
            {
                await Refuse(context, context.Response.StatusCode, $"{context.Request.Method} {context.Request.Path} is not served here")
                    .ConfigureAwait(false);
            }
        }
        catch (BadRequestException exception)
        {
            string message = exception.Field is null ? exception.Message : $"'{exception.Field}' {exception.Message}";
            await Refuse(context, exception.Status, message, exception.Field, exception.Code).ConfigureAwait(false);
        }
        catch (JsonException exception)
        {
            await Refuse(context, StatusCodes.Status400BadRequest, $"the body is no JSON: {exception.Message}").ConfigureAwait(false);
        }
        catch (Microsoft.AspNetCore.Http.BadHttpRequestException exception)
        {
            await Refuse(context, exception.StatusCode, exception.Message).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            await Refuse(context, StatusCodes.Status503ServiceUnavailable, "the server is stopping").ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // Nobody waits for an answer any more.
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            await Console.Error.WriteLineAsync(exception.ToString()).ConfigureAwait(false);
            await Refuse(context, StatusCodes.Status500InternalServerError, "a bug of MergeHost; see its error output")
                .ConfigureAwait(false);
        }
    }

    private void WriteModels(Utf8JsonWriter json)
    {
        json.WriteString("object", "list");
        json.WriteStartArray("data");
        json.WriteStartObject();
        WriteModel(json, _name);
        json.WriteEndObject();
        json.WriteEndArray();
    }

    private void WriteModel(Utf8JsonWriter json, string? asked)
    {
        CheckName(asked);
        json.WriteString("id", _name);
        json.WriteString("object", "model");
        json.WriteNumber("created", 0);
        json.WriteString("owned_by", "mergehost");
        json.WriteNumber("max_model_len", _model.MaxPositions);
    }

    private void WriteTokenizer(Utf8JsonWriter json)
    {
        TokenizerDescription tokenizer = _model.Tokenizer;
        json.WriteString("bos_token", tokenizer.Begin);
        json.WriteString("eos_token", tokenizer.End);
        json.WriteString("unk_token", tokenizer.Unknown);
        json.WriteString("pad_token", tokenizer.Padding);
        json.WriteNumber("model_max_length", _model.MaxPositions);
        json.WriteString("chat_template", tokenizer.ChatTemplate);
    }

    // Harnesses send a path or the name of a hub, whose last part is the name.
    private void CheckName(string? asked)
    {
        if (asked is not null && asked != _name && !asked.EndsWith("/" + _name, StringComparison.Ordinal))
        {
            throw new BadRequestException($"'{asked}' is not served here; '{_name}' is", "model", "model_not_found",
                StatusCodes.Status404NotFound);
        }
    }

    private Task CompleteAsync(HttpContext context, Func<RequestReader, ILanguageModel, CompletionRequest> read,
        Func<CompletionRequest, Answer> form) => RunAsync(context, async (fields, turn) =>
    {
        CheckName(fields.Take("model")?.ToString());
        Channel<ReadOnlyMemory<byte>> pieces = Channel.CreateUnbounded<ReadOnlyMemory<byte>>();
        Task<ReadOnlyMemory<byte>> answer = turn(cancellation =>
        {
            CompletionRequest request = read(fields, _model);
            Answer written = form(request);
            if (!request.Streams)
            {
                return written.Whole(_model.Generate(request.Rows, request.Options, cancellation));
            }

            new AnswerStream(request, written, _model, piece => pieces.Writer.TryWrite(piece)).Run(cancellation);
            return "[DONE]"u8.ToArray();
        });
        _ = answer.ContinueWith(_ => pieces.Writer.Complete(), TaskScheduler.Default);
        if (!await pieces.Reader.WaitToReadAsync().ConfigureAwait(false))
        {
            return await answer.ConfigureAwait(false);
        }

        context.Response.ContentType = "text/event-stream; charset=utf-8";
        await foreach (ReadOnlyMemory<byte> piece in pieces.Reader.ReadAllAsync().ConfigureAwait(false))
        {
            await SendEventAsync(context, piece).ConfigureAwait(false);
        }

        await SendEventAsync(context, await LastEventAsync(answer).ConfigureAwait(false)).ConfigureAwait(false);
        return default;
    });

    // A stream that has begun has no status to change any more: clients look for an error among its events.
    private async Task<ReadOnlyMemory<byte>> LastEventAsync(Task<ReadOnlyMemory<byte>> answer)
    {
        try
        {
            return await answer.ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            return Written(json => WriteError(json, StatusCodes.Status503ServiceUnavailable, "the server is stopping", null, null));
        }
    }

    private static async Task SendEventAsync(HttpContext context, ReadOnlyMemory<byte> data)
    {
        await context.Response.Body.WriteAsync((byte[])[.. "data: "u8, .. data.Span, .. "\n\n"u8], context.RequestAborted)
            .ConfigureAwait(false);
        await context.Response.Body.FlushAsync(context.RequestAborted).ConfigureAwait(false);
    }

    private Task TokenizeAsync(HttpContext context) => RunAsync(context, (fields, turn) =>
    {
        CheckName(fields.Take("model")?.ToString());
        bool begins = fields.Truth("add_special_tokens", true);
        string text = fields.Take("prompt") is { ValueKind: JsonValueKind.String } prompt
            ? prompt.GetString()!
            : throw new BadRequestException("must be a text", "prompt");
        fields.ThrowIfLeft();
        return turn(_ =>
        {
            IReadOnlyList<int> ids = CompletionRequest.Encode(text, begins, _model);
            return Written(json =>
            {
                json.WriteStartArray("tokens");
                foreach (int id in ids)
                {
                    json.WriteNumberValue(id);
                }

                json.WriteEndArray();
                json.WriteNumber("count", ids.Count);
                json.WriteNumber("max_model_len", _model.MaxPositions);
            });
        });
    });

    private Task DetokenizeAsync(HttpContext context) => RunAsync(context, (fields, turn) =>
    {
        CheckName(fields.Take("model")?.ToString());
        IReadOnlyList<int> ids = CompletionRequest.ReadIds(fields.Take("tokens") ?? throw new BadRequestException("is missing", "tokens"),
            "tokens", _model);
        fields.ThrowIfLeft();
        return turn(_ =>
        {
            string text = _model.Decode(ids);
            return Written(json => json.WriteString("prompt", text));
        });
    });

    // Reads a request, lets it use the model in its turn, and sends the answer; what all of them hold in memory is bounded.
    private async Task RunAsync(HttpContext context, Func<RequestReader, Turn, Task<ReadOnlyMemory<byte>>> work)
    {
        using CancellationTokenSource cancellation = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted,
            _stopping.Token);
        long bytes = context.Request.ContentLength ?? MostBodyBytes;
        if (bytes <= MostBodyBytes && Interlocked.Add(ref _heldBytes, bytes) > MostHeldBytes)
        {
            Interlocked.Add(ref _heldBytes, -bytes);
            throw new Microsoft.AspNetCore.Http.BadHttpRequestException(
                $"requests of more than {MostHeldBytes >> 20} MiB are waiting already", StatusCodes.Status503ServiceUnavailable);
        }

        long answerBytes = 0;
        try
        {
            context.Response.ContentType = "application/json; charset=utf-8";
            RequestReader fields = await ReadAsync(context, cancellation.Token).ConfigureAwait(false);
            ReadOnlyMemory<byte> answer = await work(fields, use => InTurnAsync(use, cancellation.Token)).ConfigureAwait(false);
            answerBytes = answer.Length;
            await context.Response.Body.WriteAsync(answer, cancellation.Token).ConfigureAwait(false);
        }
        finally
        {
            // A stream that nobody reads any more leaves before the model is done.
            await cancellation.CancelAsync().ConfigureAwait(false);
            if (bytes <= MostBodyBytes)
            {
                Interlocked.Add(ref _heldBytes, -bytes);
            }

            GiveBack(bytes + answerBytes);
        }
    }

    private void GiveBack(long bytes)
    {
        if (bytes > LargeBytes && Volatile.Read(ref _waiting) == 0)
        {
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        }
    }

    private static async Task<RequestReader> ReadAsync(HttpContext context, CancellationToken cancellation)
    {
        try
        {
            using JsonDocument body = await JsonDocument.ParseAsync(context.Request.Body, cancellationToken: cancellation)
                .ConfigureAwait(false);
            return new RequestReader(body.RootElement.Clone());
        }
        catch (Exception exception) when (exception is InvalidOperationException or OverflowException or FormatException
            or ArgumentException)
        {
            throw new BadRequestException($"the body cannot be read: {exception.Message}");
        }
    }

    // The model is called by one request at a time, away from the threads that serve connections.
    private async Task<ReadOnlyMemory<byte>> InTurnAsync(Func<CancellationToken, ReadOnlyMemory<byte>> use, CancellationToken cancellation)
    {
        if (Interlocked.Increment(ref _waiting) > MostWaiting)
        {
            Interlocked.Decrement(ref _waiting);
            throw new Microsoft.AspNetCore.Http.BadHttpRequestException($"{MostWaiting} requests are waiting already",
                StatusCodes.Status503ServiceUnavailable);
        }

        try
        {
            await _turn.WaitAsync(cancellation).ConfigureAwait(false);
            try
            {
                return await Task.Run(() => use(cancellation), cancellation).ConfigureAwait(false);
            }
            finally
            {
                _turn.Release();
            }
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }

    private static ReadOnlyMemory<byte> Written(Action<Utf8JsonWriter> writeFields)
    {
        ArrayBufferWriter<byte> buffer = new();
        using Utf8JsonWriter json = new(buffer);
        json.WriteStartObject();
        writeFields(json);
        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenMemory;
    }

    private static async Task AnswerAsync(HttpContext context, Action<Utf8JsonWriter> writeFields)
    {
        ReadOnlyMemory<byte> answer = Written(writeFields);
        context.Response.ContentType = "application/json; charset=utf-8";
        await context.Response.Body.WriteAsync(answer, context.RequestAborted).ConfigureAwait(false);
    }

    private static Task Refuse(HttpContext context, int status, string message, string? field = null, string? code = null)
    {
        if (context.Response.HasStarted)
        {
            context.Abort();
            return Task.CompletedTask;
        }

        context.Response.StatusCode = status;
        return AnswerAsync(context, json => WriteError(json, status, message, field, code));
    }

    private static void WriteError(Utf8JsonWriter json, int status, string message, string? field, string? code)
    {
        json.WriteStartObject("error");
        json.WriteString("message", CheckpointException.Printable(message));
        json.WriteString("type", status < StatusCodes.Status500InternalServerError ? "invalid_request_error" : "server_error");
        json.WriteString("param", field is null ? null : CheckpointException.Printable(field));
        json.WriteString("code", code);
        json.WriteEndObject();
    }

    // The command line listens to signals; the web host need not.
    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }

    /// <summary>Uses the model when it is a request's turn.</summary>
    private delegate Task<ReadOnlyMemory<byte>> Turn(Func<CancellationToken, ReadOnlyMemory<byte>> use);
}
