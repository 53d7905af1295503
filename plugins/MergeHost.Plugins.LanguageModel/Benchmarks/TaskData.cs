using MergeHost.Storage;

namespace MergeHost.Plugins.LanguageModel.Benchmarks;

/// <summary>Reads the data of tasks.</summary>
internal static class TaskData
{
    private const int MostBytes = 1 << 30;

    /// <summary>Reads a text in UTF-8, bytes as they are.</summary>
    /// <param name="path">The file.</param>
    /// <param name="mostBytes">How much is read at most.</param>
    /// <exception cref="MergeHostException">MH6002: the file cannot be read, is longer, or is not UTF-8.</exception>
    public static string ReadText(string path, int mostBytes = MostBytes)
    {
        try
        {
            return BoundedFile.ReadText(path, mostBytes);
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
