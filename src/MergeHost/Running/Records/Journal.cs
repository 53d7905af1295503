using System.Text.Json;
using MergeHost.Output;
using MergeHost.Running.Data;
using MergeHost.Storage;

namespace MergeHost.Running.Records;

/// <summary>The list of tensors that are done, one JSON object a line, in a folder that is being written.</summary>
/// <remarks>
/// While it is open no other process can open it. Lines are not made durable: what a line claims is checked against the bytes on disk
/// before it is believed.
/// </remarks>
internal sealed class Journal : IDisposable
{
    private static readonly JsonSerializerOptions _json =
        new() { RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true };

    private readonly FileStream _file;

    private Journal(FileStream file)
    {
        _file = file;
    }

    /// <summary>Opens a folder's journal, or begins one.</summary>
    /// <param name="path">The file.</param>
    /// <param name="merge">What tells one merge from another.</param>
    /// <param name="force">Whether another merge's journal is thrown away.</param>
    /// <param name="records">The tensors that the journal says are done.</param>
    /// <exception cref="OutputException">Another process has the journal open, or it tells of tensors of another merge.</exception>
    public static Journal Open(string path, string merge, bool force, out IReadOnlyList<TensorRecord> records)
    {
        FileStream file;
        if (new FileInfo(path).LinkTarget is not null)
        {
            // What it leads to is not ours to write.
            File.Delete(path);
        }

        try
        {
            // Without a buffer, nothing is left to be written when it is closed.
            file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0);
        }
        catch (IOException exception) when (File.Exists(path))
        {
            throw OutputException.Locked(Path.GetDirectoryName(path)!, exception);
        }

        string[] lines = ReadLines(file);
        bool isOurs = lines.Length > 0 && lines[0] == merge;
        if (lines.Length > 1 && !isOurs && !force)
        {
            file.Dispose();
            throw OutputException.OtherMerge(Path.GetDirectoryName(path)!);
        }

        records = isOurs ? [.. lines.Skip(1).Select(Parse).OfType<TensorRecord>()] : [];
        Journal journal = new(file);
        if (!isOurs)
        {
            file.SetLength(0);
            journal.Write(merge);
        }

        return journal;
    }

    /// <summary>What a journal says is done, whoever has it open.</summary>
    /// <returns>Nothing if there is none, it is another merge's, or the system does not let others read it.</returns>
    public static IReadOnlyList<TensorRecord> Look(string path, string merge)
    {
        try
        {
            string[] lines = SharedFile.ReadText(path).Split('\n');
            return lines[0] == merge ? [.. lines.Skip(1).Select(Parse).OfType<TensorRecord>()] : [];
        }
        catch (IOException)
        {
            return [];
        }
    }

    /// <summary>Whether a process has a journal open.</summary>
    public static bool IsOpen(string path)
    {
        try
        {
            using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.Read);
            return false;
        }
        catch (FileNotFoundException)
        {
            return false;
        }
        catch (IOException)
        {
            return true;
        }
    }

    /// <summary>Notes a tensor that is done.</summary>
    public void Add(TensorRecord record) => Write(JsonSerializer.Serialize(record));

    /// <summary>Forgets every tensor, and which merge it was.</summary>
    public void Forget() => _file.SetLength(0);

    public void Dispose() => _file.Dispose();

    private void Write(string line)
    {
        _file.Seek(0, SeekOrigin.End);
        _file.Write(System.Text.Encoding.UTF8.GetBytes(line + "\n"));
    }

    // The last line may be torn: without its end it does not count, and is overwritten.
    private static string[] ReadLines(FileStream file)
    {
        byte[] content = new byte[file.Length];
        file.ReadExactly(content);
        int end = content.AsSpan().LastIndexOf((byte)'\n') + 1;
        file.SetLength(end);
        return System.Text.Encoding.UTF8.GetString(content, 0, end).Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    private static TensorRecord? Parse(string line)
    {
        try
        {
            return JsonSerializer.Deserialize<TensorRecord>(line, _json) is { } record && !record.Inputs.Contains(null!) ? record : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
