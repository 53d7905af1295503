using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using MergeHost.Runtimes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace MergeHost.Cli.Serving;

/// <summary>Serves one model by HTTP in the form of OpenAI's completions, as harnesses and clients of language models speak it.</summary>
/// <remarks>Requests wait in a queue for the model, which runs one at a time; those beyond <see cref="MostWaiting"/> are refused with 503.</remarks>
internal sealed class CompletionServer : IAsyncDisposable
{
    public const int MostWaiting = 512;
    private const int MostBodyBytes = 8 << 20;

    private readonly ILanguageModel _model;
    private readonly string _name;
    private readonly WebApplication _application;
    private readonly SemaphoreSlim _turn = new(1);
    private readonly CancellationTokenSource _stopping = new();
    private int _waiting;

    /// <param name="model">The model; it is not disposed.</param>
    /// <param name="name">Its name in answers.</param>
    /// <param name="address">The address that is listened at; a port of 0 takes any that is free.</param>
    public CompletionServer(ILanguageModel model, string name, IPEndPoint address)
    {
        _model = model;
        _name = name;
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = MostBodyBytes;
            kestrel.Listen(address, listen => listen.Protocols = HttpProtocols.Http1);
        });
        builder.Services.AddRoutingCore().AddSingleton<IHostLifetime, NoLifetime>();
        builder.Logging.ClearProviders();
        _application = builder.Build();
        _application.Use(Guard);
        _application.UseRouting();
        _application.MapGet("/health", context => Answer(context, new JsonObject { ["status"] = "ok" }));
        _application.MapGet("/v1/models", context => Answer(context, Models()));
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

    private JsonObject Models() => new()
    {
        ["object"] = "list",
        ["data"] = new JsonArray(new JsonObject
        {
            ["id"] = _name,
            ["object"] = "model",
            ["created"] = 0,
            ["owned_by"] = "mergehost",
            ["max_model_len"] = _model.MaxPositions,
        }),
    };

    private async Task CompleteAsync(HttpContext context)
    {
        RequestReader fields = await ReadAsync(context).ConfigureAwait(false);
        (bool streams, JsonObject answer) = await RunAsync(context, cancellation =>
        {
            CompletionRequest request = CompletionRequest.Read(fields, _model);
            IReadOnlyList<GeneratedText> texts = _model.Generate(request.Prompts, request.Options, cancellation);
            return (request.Streams, CompletionAnswer.Of(request, texts, _model, _name));
        }).ConfigureAwait(false);
        if (!streams)
        {
            await Answer(context, answer).ConfigureAwait(false);
            return;
        }

        // A stream of one piece: the text is there before its first token could have been read.
        context.Response.ContentType = "text/event-stream";
        await context.Response.WriteAsync($"data: {answer.ToJsonString()}\n\ndata: [DONE]\n\n", context.RequestAborted).ConfigureAwait(false);
    }

    private async Task TokenizeAsync(HttpContext context)
    {
        RequestReader fields = await ReadAsync(context).ConfigureAwait(false);
        bool begins = fields.Truth("add_special_tokens", true);
        string text = fields.Take("prompt") is { ValueKind: JsonValueKind.String } prompt ? prompt.GetString()! : throw new BadRequestException("must be a text", "prompt");
        fields.Skip("model");
        fields.ThrowIfLeft();
        IReadOnlyList<int> ids = await RunAsync(context, _ => _model.Encode(text, begins)).ConfigureAwait(false);
        await Answer(context, new JsonObject
        {
            ["tokens"] = new JsonArray([.. ids.Select(id => JsonValue.Create(id))]),
            ["count"] = ids.Count,
            ["max_model_len"] = _model.MaxPositions,
        }).ConfigureAwait(false);
    }

    private async Task DetokenizeAsync(HttpContext context)
    {
        RequestReader fields = await ReadAsync(context).ConfigureAwait(false);
        IReadOnlyList<int> ids = CompletionRequest.ReadIds(fields.Take("tokens") ?? throw new BadRequestException("is missing", "tokens"), "tokens", _model);
        fields.Skip("model");
        fields.ThrowIfLeft();
        await Answer(context, new JsonObject { ["prompt"] = await RunAsync(context, _ => _model.Decode(ids)).ConfigureAwait(false) }).ConfigureAwait(false);
    }

    private static async Task<RequestReader> ReadAsync(HttpContext context)
    {
        using JsonDocument body = await JsonDocument.ParseAsync(context.Request.Body, cancellationToken: context.RequestAborted).ConfigureAwait(false);
        return new RequestReader(body.RootElement.Clone());
    }

    // The model is called by one request at a time, away from the threads that serve connections.
    private async Task<T> RunAsync<T>(HttpContext context, Func<CancellationToken, T> work)
    {
        using CancellationTokenSource cancellation = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, _stopping.Token);
        if (Interlocked.Increment(ref _waiting) > MostWaiting)
        {
            Interlocked.Decrement(ref _waiting);
            throw new Microsoft.AspNetCore.Http.BadHttpRequestException($"{MostWaiting} requests are waiting already", StatusCodes.Status503ServiceUnavailable);
        }

        try
        {
            await _turn.WaitAsync(cancellation.Token).ConfigureAwait(false);
            try
            {
                return await Task.Run(() => work(cancellation.Token), cancellation.Token).ConfigureAwait(false);
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

    private static Task Answer(HttpContext context, JsonObject answer)
    {
        context.Response.ContentType = "application/json; charset=utf-8";
        return context.Response.WriteAsync(answer.ToJsonString(), context.RequestAborted);
    }

    private static Task Refuse(HttpContext context, int status, string message, string? field = null)
    {
        context.Response.StatusCode = status;
        return Answer(context, new JsonObject
        {
            ["error"] = new JsonObject
            {
                ["message"] = message,
                ["type"] = status < StatusCodes.Status500InternalServerError ? "invalid_request_error" : "server_error",
                ["param"] = field,
                ["code"] = null,
            },
        });
    }

    // The command line listens to signals; the web host need not.
    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
