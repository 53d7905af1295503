using System.Text;

namespace MergeHost.Plugins.LanguageModel.Benchmarks;

/// <summary>Reads the data of tasks.</summary>
internal static class TaskData
{
    private static readonly UTF8Encoding _strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Reads a text in UTF-8, bytes as they are.</summary>
    /// <exception cref="MergeHostException">MH6002: the file cannot be read, or is not UTF-8.</exception>
    public static string ReadText(string path)
    {
        try
        {
            return _strict.GetString(File.ReadAllBytes(path));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or DecoderFallbackException)
        {
            throw Unusable(path, exception is DecoderFallbackException ? "the file is not UTF-8" : exception.Message.TrimEnd('.'), exception);
        }
    }

    /// <summary>Data that is not what the benchmark needs.</summary>
    public static MergeHostException Unusable(string place, string reason, Exception? inner = null) =>
        new(new Problem(ErrorCodes.BadTaskData, $"{place}: {reason}"), inner);
}
