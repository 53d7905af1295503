using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace MergeHost.Fakes;

/// <summary>A hub on this machine: its API, and a storage on another port that large files are redirected to.</summary>
public sealed partial class FakeHub : IDisposable
{
    /// <summary>The token that may read and write everything.</summary>
    public const string Token = "hf_fake0000000000000000";

    private const int SentAtOnce = 1 << 16;

    private readonly WebApplication _hub;
    private readonly WebApplication _storage;
    private readonly ConcurrentDictionary<string, FakeModel> _models = [];
    private readonly ConcurrentDictionary<string, bool> _connections = [];
    private long _storageBytes;

    public FakeHub()
    {
        _hub = Start(AnswerHub);
        _storage = Start(AnswerStorage);
    }

    public string Endpoint => _hub.Urls.Single();

    public string Storage => _storage.Urls.Single();

    /// <summary>Method, path and range of each request, in order.</summary>
    public ConcurrentQueue<string> Requests { get; } = [];

    /// <summary>The tokens that the storage was sent: none, if all is well.</summary>
    public ConcurrentQueue<string> Leaks { get; } = [];

    /// <summary>How many bytes of large files were sent.</summary>
    public long StorageBytes => Interlocked.Read(ref _storageBytes);

    /// <summary>Answers in the place of the hub and the storage, if it returns true.</summary>
    public Func<HttpContext, bool> Fault { get; set; } = _ => false;

    /// <summary>The network between the hub and who asks.</summary>
    public FakeLink Link { get; init; } = new(TimeSpan.Zero, double.PositiveInfinity);

    /// <summary>How many files a page of a listing has.</summary>
    public int PageFiles { get; set; } = 1000;

    public FakeModel Add(string id, params IEnumerable<(string Path, byte[] Content)> files) =>
        Add(id, new FakeModel(files.ToDictionary(file => file.Path, file => file.Content)));

    public FakeModel Add(string id, FakeModel model) => _models[id] = model;

    public FakeModel Model(string id) => _models[id];

    /// <summary>Whether a request is one to the storage.</summary>
    public bool IsStorage(HttpContext context) => Storage.EndsWith($":{context.Connection.LocalPort}", StringComparison.Ordinal);

    /// <summary>Path and query of a request, as they were sent.</summary>
    public static string Target(HttpContext context) => context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;

    public void Dispose()
    {
        foreach (WebApplication server in new[] { _hub, _storage })
        {
            using CancellationTokenSource now = new(TimeSpan.Zero);
            server.StopAsync(now.Token).GetAwaiter().GetResult();
            ((IDisposable)server).Dispose();
        }
    }

    /// <summary>Sends an answer without a body.</summary>
    public static bool Status(HttpContext context, int status, params (string Name, string Value)[] headers)
    {
        context.Response.StatusCode = status;
        foreach ((string name, string value) in headers)
        {
            context.Response.Headers[name] = value;
        }

        return true;
    }

    /// <summary>Sends bytes, those of the range that is asked for.</summary>
    /// <param name="context">The request.</param>
    /// <param name="content">The whole content.</param>
    /// <param name="breakAfter">How many bytes are sent before the connection breaks.</param>
    /// <param name="shift">By how much the range differs from the one that was asked for.</param>
    /// <returns>How many bytes were sent.</returns>
    public long Send(HttpContext context, byte[] content, int breakAfter = int.MaxValue, int shift = 0)
    {
        (int start, int length) = RangeOf(context, content);
        if (context.Request.Headers.Range.Count > 0)
        {
            context.Response.StatusCode = 206;
            context.Response.Headers.ContentRange = $"bytes {start + shift}-{start + shift + length - 1}/{content.Length}";
        }

        context.Response.ContentLength = length;
        if (HttpMethods.IsHead(context.Request.Method))
        {
            return 0;
        }

        int sent = 0;
        for (int wanted = Math.Min(length, breakAfter); sent < wanted;)
        {
            int count = Math.Min(SentAtOnce, wanted - sent);
            Link.Pass(count);
            context.Response.Body.Write(content, start + sent, count);
            sent += count;
        }

        context.Response.Body.Flush();
        return sent;
    }

    private static (int Start, int Length) RangeOf(HttpContext context, byte[] content)
    {
        if (context.Request.Headers.Range.ToString() is not { Length: > 0 } range)
        {
            return (0, content.Length);
        }

        string[] ends = range["bytes=".Length..].Split('-');
        int start = int.Parse(ends[0], CultureInfo.InvariantCulture);
        int end = ends[1].Length == 0 ? content.Length - 1 : Math.Min(int.Parse(ends[1], CultureInfo.InvariantCulture), content.Length - 1);
        return (start, end - start + 1);
    }

    private WebApplication Start(Action<HttpContext> answer)
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AllowSynchronousIO = true;
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Listen(IPAddress.Loopback, 0);
        });
        WebApplication server = builder.Build();
        server.Run(context => Task.Factory.StartNew(() => Answer(context, answer), default, TaskCreationOptions.LongRunning,
            TaskScheduler.Default));
        server.StartAsync().GetAwaiter().GetResult();
        return server;
    }

    private void Answer(HttpContext context, Action<HttpContext> answer)
    {
        Requests.Enqueue($"{context.Request.Method} {Target(context)} {context.Request.Headers.Range}".TrimEnd());
        Link.Begin(isNew: _connections.TryAdd(context.Connection.Id, true));
        if (!Fault(context))
        {
            answer(context);
        }
    }

    private void AnswerHub(HttpContext context)
    {
        string[] parts = [.. Target(context).Split('?')[0].Trim('/').Split('/').Select(Uri.UnescapeDataString)];
        if (HttpMethods.IsPost(context.Request.Method))
        {
            AnswerWrite(context, parts);
            return;
        }

        bool isContent = parts is ["api", "resolve-cache", ..];
        parts = isContent ? parts[2..] : parts;
        bool isApi = parts is ["api", ..];
        parts = isApi || parts[0] is "models" or "datasets" ? parts[(isApi ? 2 : 1)..] : parts;
        string id = string.Join('/', parts.Take(2));
        bool hasToken = context.Request.Headers.Authorization.Count > 0;
        if (!_models.TryGetValue(id, out FakeModel? model))
        {
            Refuse(context, hasToken ? 404 : 401, "RepoNotFound", "Repository not found");
        }
        else if (isApi)
        {
            Describe(context, model, id, parts);
        }
        else if (model.IsGated && context.Request.Headers.Authorization != $"Bearer {Token}")
        {
            Refuse(context, hasToken ? 403 : 401, "GatedRepo", $"Access to model {id} is restricted.");
        }
        else if (isContent)
        {
            string path = string.Join('/', parts.Skip(3));
            context.Response.Headers["X-Repo-Commit"] = parts[2];
            context.Response.Headers.AcceptRanges = "bytes";
            context.Response.Headers.ETag = $"\"{model.Digest(path)}\"";
            Send(context, model.Files[path]);
        }
        else
        {
            Resolve(context, model, id, parts[3], string.Join('/', parts.Skip(4)));
        }
    }

    private void Describe(HttpContext context, FakeModel model, string id, string[] parts)
    {
        if (parts is [_, _] or [_, _, "revision", _])
        {
            string? commit = model.CommitOf(parts is [.., "revision", var revision] ? revision : "main");
            Json(context,
                commit is null
                    ? null
                    : new
                    {
                        id,
                        sha = commit,
                        gated = model.IsGated ? "manual" : null,
                        @private = model.IsPrivate,
                        cardData = new { license = model.License }
                    });
        }
        else if (parts[2] == "refs")
        {
            Json(context,
                new
                {
                    branches = model.Branches.Select(branch => new { name = branch.Key, targetCommit = branch.Value }),
                    tags = new[] { new { name = "v1" } }
                });
        }
        else if (parts[2] == "tree")
        {
            int from = context.Request.Query["cursor"].ToString() is { Length: > 0 } cursor
                ? int.Parse(cursor, CultureInfo.InvariantCulture)
                : 0;
            object[] rows = [.. model.Files.Select(file => Row(model, file.Key, file.Value))
                .Concat(model.StrangeNames.Select(name => Row(model, name, [])))];
            if (from + PageFiles < rows.Length)
            {
                context.Response.Headers.Link =
                    $"<{Endpoint}{Target(context).Split('?')[0]}?recursive=true&cursor={from + PageFiles}>; rel=\"next\"";
            }

            context.Response.Headers["X-Repo-Commit"] = model.CommitOf(parts[3]);
            Json(context, rows.Skip(from).Take(PageFiles).ToArray());
        }
        else
        {
            Refuse(context, 404, "EntryNotFound", "Not found");
        }
    }

    private void Resolve(HttpContext context, FakeModel model, string id, string revision, string path)
    {
        string? commit = model.CommitOf(revision);
        context.Response.Headers["X-Repo-Commit"] = commit;
        if (commit is null || !model.Files.TryGetValue(path, out byte[]? content))
        {
            Refuse(context, 404, commit is null ? "RevisionNotFound" : "EntryNotFound", "Not found");
            return;
        }

        string digest = model.Digest(path);
        context.Response.Headers.AcceptRanges = "bytes";
        context.Response.Headers["X-Linked-ETag"] = $"\"{digest}\"";
        context.Response.Headers["X-Linked-Size"] = content.Length.ToString(CultureInfo.InvariantCulture);
        bool isLarge = FakeModel.IsLarge(path);
        context.Response.Headers.ETag = isLarge ? $"\"{digest}\"" : default;
        Status(context, isLarge ? 302 : 307,
            ("Location",
                isLarge ? $"{Storage}/{digest}?Signature=secret" : $"/api/resolve-cache/models/{id}/{commit}/{path}?etag=%22{digest}%22"));
    }

    private void AnswerStorage(HttpContext context)
    {
        if (context.Request.Headers.Authorization.ToString() is { Length: > 0 } token)
        {
            Leaks.Enqueue(token);
        }

        if (HttpMethods.IsPut(context.Request.Method))
        {
            TakeUpload(context);
            return;
        }

        string digest = context.Request.Path.Value!.Trim('/');
        byte[] content = _models.Values.SelectMany(model => model.Files.Where(file => FakeModel.IsLarge(file.Key)),
            (model, file) => (model, file.Value))
            .First(file => file.model.LargeDigest(file.Value) == digest).Value;
        context.Response.Headers.ETag = "\"of-the-storage\"";
        context.Response.Headers.AcceptRanges = "bytes";

        // Counted before it is sent, so that whoever has it finds it counted.
        Interlocked.Add(ref _storageBytes, RangeOf(context, content).Length);
        Send(context, content);
    }

    private static object Row(FakeModel model, string path, byte[] content) => new
    {
        type = "file",
        path,
        oid = FakeModel.GitDigest(content),
        size = content.Length,
        lfs = FakeModel.IsLarge(path) ? new { oid = model.LargeDigest(content), size = content.Length } : null,
    };

    private static void Refuse(HttpContext context, int status, string code, string message) =>
        Status(context, status, ("X-Error-Code", code), ("X-Error-Message", message));

    private static void Json(HttpContext context, object? value, int status = 200)
    {
        if (value is null)
        {
            Refuse(context, 404, "RevisionNotFound", "Revision not found");
            return;
        }

        byte[] text = Encoding.UTF8.GetBytes(JsonSerializer.Serialize(value));
        context.Response.StatusCode = status;
        context.Response.ContentLength = text.Length;
        context.Response.ContentType = "application/json; charset=utf-8";
        context.Response.Body.Write(text);
    }
}
