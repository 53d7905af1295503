using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using MergeHost.Plugins.HuggingFace.Hub;

namespace MergeHost.Plugins.Tests.HuggingFace;

/// <summary>A hub on this machine: its API, and a storage on another port that large files are redirected to.</summary>
internal sealed partial class FakeHub : IDisposable
{
    public const string Token = "hf_fake0000000000000000";

    private readonly HttpListener _hub = Listen();
    private readonly HttpListener _storage = Listen();
    private readonly ConcurrentDictionary<string, FakeModel> _models = [];
    private long _storageBytes;

    public FakeHub()
    {
        Serve(_hub, AnswerHub);
        Serve(_storage, AnswerStorage);
    }

    public string Endpoint => _hub.Prefixes.Single().TrimEnd('/');

    public string Storage => _storage.Prefixes.Single().TrimEnd('/');

    /// <summary>Method, path and range of each request, in order.</summary>
    public ConcurrentQueue<string> Requests { get; } = [];

    /// <summary>The tokens that the storage was sent: none, if all is well.</summary>
    public ConcurrentQueue<string> Leaks { get; } = [];

    /// <summary>How many bytes of large files were sent.</summary>
    public long StorageBytes => Interlocked.Read(ref _storageBytes);

    /// <summary>Answers in the place of the hub and the storage, if it returns true.</summary>
    public Func<HttpListenerContext, bool> Fault { get; set; } = _ => false;

    public FakeModel Add(string id, params IEnumerable<(string Path, byte[] Content)> files) => _models[id] = new FakeModel(files.ToDictionary(file => file.Path, file => file.Content));

    public FakeModel Model(string id) => _models[id];

    public HubSettings Settings(string cache, string? token = null) => new(new Uri(Endpoint), cache, token) { Timeout = TimeSpan.FromSeconds(5) };

    public void Dispose()
    {
        _hub.Close();
        _storage.Close();
    }

    /// <summary>Sends an answer without a body.</summary>
    public static bool Status(HttpListenerContext context, int status, params (string Name, string Value)[] headers)
    {
        context.Response.StatusCode = status;
        foreach ((string name, string value) in headers)
        {
            context.Response.Headers[name] = value;
        }

        context.Response.Close();
        return true;
    }

    /// <summary>Sends bytes, those of the range that is asked for.</summary>
    /// <param name="context">The request.</param>
    /// <param name="content">The whole content.</param>
    /// <param name="breakAfter">How many bytes are sent before the connection breaks.</param>
    /// <param name="shift">By how much the range differs from the one that was asked for.</param>
    public static long Send(HttpListenerContext context, byte[] content, int breakAfter = int.MaxValue, int shift = 0)
    {
        string? range = context.Request.Headers["Range"];
        int start = 0;
        int end = content.Length - 1;
        if (range is not null)
        {
            string[] ends = range["bytes=".Length..].Split('-');
            start = int.Parse(ends[0], CultureInfo.InvariantCulture);
            end = int.Parse(ends[1], CultureInfo.InvariantCulture);
            context.Response.StatusCode = 206;
            context.Response.Headers["Content-Range"] = $"bytes {start + shift}-{end + shift}/{content.Length}";
        }

        context.Response.ContentLength64 = end - start + 1;
        int sent = Math.Min(end - start + 1, breakAfter);
        context.Response.OutputStream.Write(content, start, sent);
        context.Response.OutputStream.Flush();
        if (sent < end - start + 1)
        {
            context.Response.Abort();
        }
        else
        {
            context.Response.Close();
        }

        return sent;
    }

    // Counted before it is sent, so that whoever has it finds it counted.
    private static long RangeOf(HttpListenerContext context, byte[] content) => context.Request.Headers["Range"] is not { } range ? content.Length
        : 1 - range["bytes=".Length..].Split('-').Select(long.Parse).Aggregate((start, end) => start - end);

    public static string GitDigest(byte[] content)
    {
        using IncrementalHash hash = HubEntry.NewHash("", content.Length);
        hash.AppendData(content);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static HttpListener Listen()
    {
        for (int port = 20_000 + Random.Shared.Next(20_000); ; port++)
        {
            HttpListener listener = new();
            listener.Prefixes.Add(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}/"));
            try
            {
                listener.Start();
                return listener;
            }
            catch (HttpListenerException)
            {
                listener.Close();
            }
        }
    }

    private void Serve(HttpListener listener, Action<HttpListenerContext> answer) => new Thread(() =>
    {
        try
        {
            while (true)
            {
                HttpListenerContext context = listener.GetContext();
                ThreadPool.QueueUserWorkItem(_ => Answer(context, answer));
            }
        }
        catch (Exception exception) when (exception is HttpListenerException or ObjectDisposedException)
        {
            // Closed.
        }
    })
    { IsBackground = true }.Start();

    private void Answer(HttpListenerContext context, Action<HttpListenerContext> answer)
    {
        try
        {
            Requests.Enqueue($"{context.Request.HttpMethod} {context.Request.RawUrl} {context.Request.Headers["Range"]}".TrimEnd());
            if (!Fault(context))
            {
                answer(context);
            }
        }
        catch (Exception exception) when (exception is HttpListenerException or IOException or ObjectDisposedException)
        {
            // The client went away.
        }
    }

    private void AnswerHub(HttpListenerContext context)
    {
        string[] parts = [.. context.Request.RawUrl!.Split('?')[0].Trim('/').Split('/').Select(Uri.UnescapeDataString)];
        if (context.Request.HttpMethod == "POST")
        {
            AnswerWrite(context, parts);
            return;
        }

        bool isDataset = parts is ["api", "datasets", ..] or ["datasets", ..];
        bool isApi = parts is ["api", _, ..];
        parts = isDataset && !isApi ? parts[1..] : parts;
        string id = string.Join('/', parts.Skip(isApi ? 2 : 0).Take(2));
        if (!_models.TryGetValue(id, out FakeModel? model))
        {
            Status(context, 404, ("X-Error-Code", "RepoNotFound"), ("X-Error-Message", "Repository not found"));
        }
        else if (isApi && parts[4] == "revision")
        {
            bool isThere = model.Branches.ContainsKey(parts[5]) || parts[5] == model.Commit;
            Json(context, isThere ? new { sha = model.Branches.GetValueOrDefault(parts[5], model.Commit), gated = model.IsGated ? "auto" : null, cardData = new { license = model.License } } : null);
        }
        else if (isApi && parts[4] == "refs")
        {
            Json(context, new { branches = model.Branches.Select(branch => new { name = branch.Key, targetCommit = branch.Value }), tags = new[] { new { name = "v1" } } });
        }
        else if (isApi)
        {
            Json(context, model.Files.Select(file => Row(file.Key, file.Value)).Concat(model.StrangeNames.Select(name => Row(name, []))).ToArray());
        }
        else if (model.IsGated && context.Request.Headers["Authorization"] != $"Bearer {Token}")
        {
            Status(context, 401, ("X-Error-Code", "GatedRepo"), ("X-Error-Message", "Access to this model is restricted."));
        }
        else
        {
            Resolve(context, model, string.Join('/', parts.Skip(4)));
        }
    }

    private void Resolve(HttpListenerContext context, FakeModel model, string path)
    {
        byte[] content = model.Files[path];
        context.Response.Headers["X-Repo-Commit"] = model.Commit;
        if (IsLarge(path))
        {
            string sha = Convert.ToHexStringLower(SHA256.HashData(content));
            Status(context, 302, ("X-Linked-ETag", $"\"{sha}\""), ("X-Linked-Size", content.Length.ToString(CultureInfo.InvariantCulture)),
                ("Location", $"{Storage}/{sha}?Signature=secret"));
        }
        else
        {
            context.Response.Headers["ETag"] = $"\"{GitDigest(content)}\"";
            Send(context, content);
        }
    }

    private void AnswerStorage(HttpListenerContext context)
    {
        if (context.Request.Headers["Authorization"] is { } token)
        {
            Leaks.Enqueue(token);
        }

        if (context.Request.HttpMethod == "PUT")
        {
            TakeUpload(context);
            return;
        }

        string sha = context.Request.Url!.AbsolutePath.Trim('/');
        byte[] content = _models.Values.SelectMany(model => model.Files.Values).First(file => Convert.ToHexStringLower(SHA256.HashData(file)) == sha);
        Interlocked.Add(ref _storageBytes, RangeOf(context, content));
        Send(context, content);
    }

    private static object Row(string path, byte[] content) => new
    {
        type = "file",
        path,
        oid = GitDigest(content),
        size = content.Length,
        lfs = IsLarge(path) ? new { oid = Convert.ToHexStringLower(SHA256.HashData(content)), size = content.Length } : null,
    };

    private static bool IsLarge(string path) => path.EndsWith(".safetensors", StringComparison.Ordinal);

    private static void Json(HttpListenerContext context, object? value)
    {
        if (value is null)
        {
            Status(context, 404, ("X-Error-Code", "RevisionNotFound"));
            return;
        }

        byte[] text = Encoding.UTF8.GetBytes(JsonSerializer.Serialize(value));
        context.Response.ContentLength64 = text.Length;
        context.Response.OutputStream.Write(text);
        context.Response.Close();
    }
}

/// <summary>A model of the fake hub.</summary>
internal sealed record FakeModel(Dictionary<string, byte[]> Files)
{
    public string Commit { get; } = CommitOf(Files.Keys);

    /// <summary>What each branch is now.</summary>
    public Dictionary<string, string> Branches { get; } = new() { ["main"] = CommitOf(Files.Keys) };

    public string? License { get; set; }

    public bool IsPrivate { get; set; }

    public bool IsGated { get; set; }

    public string[] StrangeNames { get; set; } = [];

    private static string CommitOf(IEnumerable<string> names) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', names))))[..40];
}
