using System.Buffers;
using System.Net;
using System.Text.Json;
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

/// <summary>Serves one model by HTTP in the form of OpenAI's completions, as harnesses and clients of language models speak it.</summary>
/// <remarks>Requests wait in a queue for the model, which runs one at a time; those beyond <see cref="MostWaiting"/> are refused with 503.</remarks>
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
        _application.MapGet("/health", context => Answer(context, json => json.WriteString("status", "ok")));
        _application.MapGet("/v1/models", context => Answer(context, WriteModels));
        _application.MapPost("/v1/completions", CompleteAsync);
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
            if (!context.Response.HasStarted && context.Response.StatusCode is StatusCodes.Status404NotFound or StatusCodes.Status405MethodNotAllowed)
            {
                await Refuse(context, context.Response.StatusCode, $"{context.Request.Method} {context.Request.Path} is not served here").ConfigureAwait(false);
            }
        }
        catch (BadRequestException exception)
        {
            string message = exception.Field is null ? exception.Message : $"'{exception.Field}' {exception.Message}";
            await Refuse(context, StatusCodes.Status400BadRequest, message, exception.Field).ConfigureAwait(false);
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
            await Refuse(context, StatusCodes.Status500InternalServerError, "a bug of MergeHost; see its error output").ConfigureAwait(false);
        }
    }

    private void WriteModels(Utf8JsonWriter json)
    {
        json.WriteString("object", "list");
        json.WriteStartArray("data");
        json.WriteStartObject();
        json.WriteString("id", _name);
        json.WriteString("object", "model");
        json.WriteNumber("created", 0);
        json.WriteString("owned_by", "mergehost");
        json.WriteNumber("max_model_len", _model.MaxPositions);
        json.WriteEndObject();
        json.WriteEndArray();
    }

    private Task CompleteAsync(HttpContext context) => RunAsync(context, async (fields, turn) =>
    {
        (bool streams, ReadOnlyMemory<byte> answer) = await turn(cancellation =>
        {
            CompletionRequest request = CompletionRequest.Read(fields, _model);
            IReadOnlyList<GeneratedText> texts = _model.Generate(request.Prompts, request.Options, cancellation);
            return (request.Streams, Written(json => CompletionAnswer.Write(json, request, texts, _model, _name)));
        }).ConfigureAwait(false);
        if (!streams)
        {
            return answer;
        }

        // A stream of one piece: the text is there before its first token could have been read.
        context.Response.ContentType = "text/event-stream";
        return (byte[])[.. "data: "u8, .. answer.Span, .. "\n\ndata: [DONE]\n\n"u8];
    });

    private Task TokenizeAsync(HttpContext context) => RunAsync(context, async (fields, turn) =>
    {
        bool begins = fields.Truth("add_special_tokens", true);
        string text = fields.Take("prompt") is { ValueKind: JsonValueKind.String } prompt ? prompt.GetString()! : throw new BadRequestException("must be a text", "prompt");
        fields.Skip("model");
        fields.ThrowIfLeft();
        return (await turn(_ =>
        {
            IReadOnlyList<int> ids = _model.Encode(text, begins);
            return (false, Written(json =>
            {
                json.WriteStartObject();
                json.WriteStartArray("tokens");
                foreach (int id in ids)
                {
                    json.WriteNumberValue(id);
                }

                json.WriteEndArray();
                json.WriteNumber("count", ids.Count);
                json.WriteNumber("max_model_len", _model.MaxPositions);
                json.WriteEndObject();
            }));
        }).ConfigureAwait(false)).Answer;
    });

    private Task DetokenizeAsync(HttpContext context) => RunAsync(context, async (fields, turn) =>
    {
        IReadOnlyList<int> ids = CompletionRequest.ReadIds(fields.Take("tokens") ?? throw new BadRequestException("is missing", "tokens"), "tokens", _model);
        fields.Skip("model");
        fields.ThrowIfLeft();
        return (await turn(_ =>
        {
            string text = _model.Decode(ids);
            return (false, Written(json =>
            {
                json.WriteStartObject();
                json.WriteString("prompt", text);
                json.WriteEndObject();
            }));
        }).ConfigureAwait(false)).Answer;
    });

    // Reads a request, lets it use the model in its turn, and sends the answer; what all of them hold in memory is bounded.
    private async Task RunAsync(HttpContext context, Func<RequestReader, Turn, Task<ReadOnlyMemory<byte>>> work)
    {
        using CancellationTokenSource cancellation = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, _stopping.Token);
        long bytes = context.Request.ContentLength ?? MostBodyBytes;
        if (bytes <= MostBodyBytes && Interlocked.Add(ref _heldBytes, bytes) > MostHeldBytes)
        {
            Interlocked.Add(ref _heldBytes, -bytes);
            throw new Microsoft.AspNetCore.Http.BadHttpRequestException($"requests of more than {MostHeldBytes >> 20} MiB are waiting already", StatusCodes.Status503ServiceUnavailable);
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
            using JsonDocument body = await JsonDocument.ParseAsync(context.Request.Body, cancellationToken: cancellation).ConfigureAwait(false);
            return new RequestReader(body.RootElement.Clone());
        }
        catch (Exception exception) when (exception is InvalidOperationException or OverflowException or FormatException or ArgumentException)
        {
            throw new BadRequestException($"the body cannot be read: {exception.Message}");
        }
    }

    // The model is called by one request at a time, away from the threads that serve connections.
    private async Task<(bool Streams, ReadOnlyMemory<byte> Answer)> InTurnAsync(
        Func<CancellationToken, (bool Streams, ReadOnlyMemory<byte> Answer)> use, CancellationToken cancellation)
    {
        if (Interlocked.Increment(ref _waiting) > MostWaiting)
        {
            Interlocked.Decrement(ref _waiting);
            throw new Microsoft.AspNetCore.Http.BadHttpRequestException($"{MostWaiting} requests are waiting already", StatusCodes.Status503ServiceUnavailable);
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

    private static ReadOnlyMemory<byte> Written(Action<Utf8JsonWriter> write)
    {
        ArrayBufferWriter<byte> buffer = new();
        using (Utf8JsonWriter json = new(buffer))
        {
            write(json);
        }

        return buffer.WrittenMemory;
    }

    private static async Task Answer(HttpContext context, Action<Utf8JsonWriter> writeFields)
    {
        context.Response.ContentType = "application/json; charset=utf-8";
        ReadOnlyMemory<byte> answer = Written(json =>
        {
            json.WriteStartObject();
            writeFields(json);
            json.WriteEndObject();
        });
        await context.Response.Body.WriteAsync(answer, context.RequestAborted).ConfigureAwait(false);
    }

    private static Task Refuse(HttpContext context, int status, string message, string? field = null)
    {
        if (context.Response.HasStarted)
        {
            context.Abort();
            return Task.CompletedTask;
        }

        context.Response.StatusCode = status;
        return Answer(context, json =>
        {
            json.WriteStartObject("error");
            json.WriteString("message", CheckpointException.Printable(message));
            json.WriteString("type", status < StatusCodes.Status500InternalServerError ? "invalid_request_error" : "server_error");
            json.WriteString("param", field is null ? null : CheckpointException.Printable(field));
            json.WriteNull("code");
            json.WriteEndObject();
        });
    }

    // The command line listens to signals; the web host need not.
    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }

    /// <summary>Uses the model when it is a request's turn.</summary>
    private delegate Task<(bool Streams, ReadOnlyMemory<byte> Answer)> Turn(Func<CancellationToken, (bool Streams, ReadOnlyMemory<byte> Answer)> use);
}
