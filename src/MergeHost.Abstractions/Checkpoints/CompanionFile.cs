using System.Globalization;
using System.Text.Json.Nodes;

namespace MergeHost.Checkpoints;

/// <summary>A small file that goes with the weights, such as <c>config.json</c> or <c>tokenizer.json</c>.</summary>
/// <param name="Name">The file's name, in the checkpoint's folder or in one below it, as in <c>2_Dense/config.json</c>.</param>
/// <param name="Open">Opens the content for reading, from its beginning; may be called again and from any thread.</param>
public sealed record CompanionFile(string Name, Func<Stream> Open)
{
    /// <summary>The folder of chat templates with names, as <c>additional_chat_templates/tool_use.jinja</c>.</summary>
    public const string TemplateFolder = "additional_chat_templates";

    /// <summary>Whether a name is that of a file in the checkpoint's folder, or in a folder within it.</summary>
    public static bool IsName(string name) =>
        name.Split('/') is { Length: 1 or 2 } parts
            && parts.All(part => part is not ("" or "." or "..") && part.AsSpan().IndexOfAny('\\', '\0') < 0);

    /// <summary>The file that the content is read from, or <see langword="null"/> if it is made.</summary>
    public string? Path { get; init; }

    /// <summary>A companion whose content is held in memory.</summary>
    public static CompanionFile FromBytes(string name, byte[] content) => new(name, () => new MemoryStream(content, writable: false));

    /// <summary>Reads the whole content.</summary>
    /// <exception cref="CheckpointException">The file cannot be read, or is longer than any such file.</exception>
    public byte[] ReadBytes() => Reading(() =>
    {
        using Stream stream = Open();
        using MemoryStream copy = new();
        byte[] buffer = new byte[81_920];
        for (int read = stream.Read(buffer); read > 0; read = stream.Read(buffer))
        {
            copy.Write(buffer, 0, read);
            CheckLength(copy.Length);
        }

        return copy.ToArray();
    });

    /// <summary>Whether another companion has the same bytes; read side by side, up to the first that differs.</summary>
    /// <exception cref="CheckpointException">A file cannot be read, or is longer than any such file.</exception>
    public bool HasContentOf(CompanionFile other) => Reading(() =>
    {
        using Stream one = Open();
        using Stream two = other.Open();
        byte[] here = new byte[81_920];
        byte[] there = new byte[here.Length];
        long length = 0;
        int read;
        do
        {
            read = one.ReadAtLeast(here, here.Length, throwOnEndOfStream: false);
            CheckLength(length += read);
            if (two.ReadAtLeast(there, there.Length, throwOnEndOfStream: false) != read
                || !here.AsSpan(0, read).SequenceEqual(there.AsSpan(0, read)))
            {
                return false;
            }
        }
        while (read > 0);
        return true;
    });

    /// <summary>Reads the content as a JSON object, as Python reads it.</summary>
    /// <exception cref="CheckpointException">The content is not a JSON object, or cannot be read.</exception>
    public JsonObject ReadJson() => PythonJson.Parse(ReadBytes(), Fail) as JsonObject ?? throw Fail("expected a JSON object");

    private void CheckLength(long length)
    {
        if (length > PythonJson.MostBytes)
        {
            throw CheckpointException.Unreadable(Name,
                string.Create(CultureInfo.InvariantCulture, $"expected at most {PythonJson.MostBytes:N0} bytes, found more"));
        }
    }

    private T Reading<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            throw CheckpointException.Unreadable(Name, "there is no such file; a link may lead nowhere", exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw CheckpointException.Unreadable(Name, exception.Message.TrimEnd('.'), exception);
        }
    }

    private CheckpointException Fail(string reason) => new(new Problem(ErrorCodes.BadConfig, $"{Name}: {reason}"));
}
