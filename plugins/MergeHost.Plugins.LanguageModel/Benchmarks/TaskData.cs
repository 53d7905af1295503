using MergeHost.Storage;

namespace MergeHost.Plugins.LanguageModel.Benchmarks;

/// <summary>Reads the data of tasks.</summary>
internal static class TaskData
{
    private const int MostBytes = 1 << 30;

    /// <summary>Reads a text in UTF-8, bytes as they are.</summary>
    /// <exception cref="MergeHostException">MH6002: the file cannot be read, or is not UTF-8.</exception>
    public static string ReadText(string path)
    {
        try
        {
            return BoundedFile.ReadText(path, MostBytes);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Unusable(path, exception.Message.TrimEnd('.'), exception);
        }
    }

    /// <summary>Data that is not what the benchmark needs.</summary>
    public static MergeHostException Unusable(string place, string reason, Exception? inner = null) =>
        new(new Problem(ErrorCodes.BadTaskData, $"{place}: {reason}"), inner);
}
