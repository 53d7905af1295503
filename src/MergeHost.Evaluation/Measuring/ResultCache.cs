using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using MergeHost.Benchmarks;
using MergeHost.Storage;

namespace MergeHost.Evaluation.Measuring;

/// <summary>Results of tasks by what they depend on: the bytes of the weights, the task and its data, the plugin and the device.</summary>
/// <remarks>Files are written whole or not at all. One that cannot be read counts as not there.</remarks>
/// <param name="folder">The folder, or <see langword="null"/> to keep nothing.</param>
internal sealed class ResultCache(string? folder)
{
    private const int MostBytes = 1 << 28;

    private static readonly JsonSerializerOptions _json = new()
    {
        IncludeFields = true,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        PropertyNameCaseInsensitive = true,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
    };

    /// <summary>What a benchmark found.</summary>
    public IReadOnlyList<TaskResult>? FindResults(string weights, string task) =>
        Read<List<TaskResult>>("results", $"{weights}\n{task}") is { Count: > 0 } kept && kept.TrueForAll(IsWhole) ? kept : null;

    /// <summary>Keeps what a benchmark found.</summary>
    /// <exception cref="MergeHostException">The folder cannot be written to.</exception>
    public void AddResults(string weights, string task, IReadOnlyList<TaskResult> results) =>
        Write("results", $"{weights}\n{task}", results);

    /// <summary>The digest of the weights that a merge makes.</summary>
    public string? FindWeights(string merge) => Read<string>("merges", merge);

    /// <summary>Keeps the digest of the weights that a merge makes.</summary>
    /// <exception cref="MergeHostException">The folder cannot be written to.</exception>
    public void AddWeights(string merge, string weights) => Write("merges", merge, weights);

    // What another program wrote into the file counts as not there.
    private static bool IsWhole(TaskResult? result) => result?.Items.All(item => item is not null) == true;

    private T? Read<T>(string kind, string key)
        where T : class
    {
        if (folder is null)
        {
            return null;
        }

        try
        {
            return JsonSerializer.Deserialize<T>(BoundedFile.ReadBytes(PathOf(kind, key), MostBytes), _json);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or JsonException)
        {
            return null;
        }
    }

    private void Write<T>(string kind, string key, T value)
    {
        if (folder is null)
        {
            return;
        }

        string path = PathOf(kind, key);
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);

            // Another process may keep the same at this moment.
            string own = $"{path}.{Environment.ProcessId}";
            DurableFile.Write(own, JsonSerializer.SerializeToUtf8Bytes(value, _json));
            File.Move(own, path, overwrite: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new MergeHostException([new Problem(ErrorCodes.WriteFailed,
                $"{folder}: results cannot be kept: {exception.Message.TrimEnd('.')}",
                "Name another folder with `--cache`, or keep nothing with `--no-cache`.")]);
        }
    }

    private string PathOf(string kind, string key) =>
        Path.Combine(folder!, kind, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key))) + ".json");
}
