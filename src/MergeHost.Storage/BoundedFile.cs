using System.Globalization;
using System.Text;

namespace MergeHost.Storage;

/// <summary>Opens files that somebody else named: pipes, devices and folders are refused, and what has no end is not read to it.</summary>
public static class BoundedFile
{
    private static readonly UTF8Encoding _strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Opens a file for reading.</summary>
    /// <exception cref="IOException">There is no such file, or it is a folder, a pipe, a socket or a device.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public static FileStream Open(string path)
    {
        if (path.Length == 0 || path.Contains('\0', StringComparison.Ordinal))
        {
            throw new FileNotFoundException("this is no name of a file");
        }

        return FileKind.Unusual(path) is { } kind ? throw new IOException($"expected a file, found {kind}") : File.OpenRead(path);
    }

    /// <summary>Reads a whole file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="mostBytes">How much is read at most.</param>
    /// <exception cref="IOException">It cannot be opened, or is longer.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public static byte[] ReadBytes(string path, int mostBytes)
    {
        using FileStream file = Open(path);
        if (file.Length > mostBytes)
        {
            throw new IOException(string.Create(CultureInfo.InvariantCulture,
                $"expected at most {mostBytes:N0} bytes, found {file.Length:N0}"));
        }

        // Files of the system have a length of 0.
        using MemoryStream content = new((int)file.Length);
        byte[] buffer = new byte[81_920];
        for (int read = file.Read(buffer); read > 0; read = file.Read(buffer))
        {
            content.Write(buffer, 0, read);
            if (content.Length > mostBytes)
            {
                throw new IOException(string.Create(CultureInfo.InvariantCulture, $"expected at most {mostBytes:N0} bytes, found more"));
            }
        }

        return content.ToArray();
    }

    /// <summary>Reads a whole text in UTF-8; a byte order mark in front is left out.</summary>
    /// <param name="path">The file.</param>
    /// <param name="mostBytes">How much is read at most.</param>
    /// <exception cref="IOException">It cannot be opened, is longer, or is no text in UTF-8.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public static string ReadText(string path, int mostBytes)
    {
        ReadOnlySpan<byte> content = ReadBytes(path, mostBytes);
        if (content.Contains((byte)0))
        {
            throw new IOException("expected a text, found other data");
        }

        try
        {
            return _strict.GetString(content.StartsWith(Encoding.UTF8.Preamble) ? content[Encoding.UTF8.Preamble.Length..] : content);
        }
        catch (DecoderFallbackException)
        {
            throw new IOException("the file is not UTF-8");
        }
    }
}
