using System.Text;

namespace MergeHost.Cli.Output;

/// <summary>Files that are written beside a result: pages, recipes.</summary>
internal static class OutputFile
{
    private const string Hint = "Name a file in a folder that is there.";

    /// <summary>Writes one.</summary>
    /// <exception cref="MergeHostException">It cannot be written.</exception>
    public static void Write(string path, string text) => Write(path, Encoding.UTF8.GetBytes(text));

    /// <inheritdoc cref="Write(string, string)"/>
    public static void Write(string path, byte[] content)
    {
        try
        {
            File.WriteAllBytes(path, content);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new MergeHostException([new Problem(ErrorCodes.WriteFailed, $"{path}: {exception.Message.TrimEnd('.')}", Hint)]);
        }
    }

    /// <summary>Makes sure before any work that it can be written.</summary>
    /// <exception cref="MergeHostException">MH5007: its folder is not there, or the path is that of a folder.</exception>
    public static void Check(string path)
    {
        string folder = Path.GetDirectoryName(Path.GetFullPath(path)) ?? "";
        if (Directory.Exists(path) || !Directory.Exists(folder))
        {
            string wrong = Directory.Exists(path) ? $"{path}: this is a folder" : $"{path}: there is no folder '{folder}'";
            throw new MergeHostException([new Problem(ErrorCodes.WriteFailed, wrong, Hint)]);
        }
    }
}
