using System.Diagnostics;
using MergeHost.Testing;

namespace MergeHost.Cli.Tests.Documents;

/// <summary>A folder in which a document's commands are typed: it looks like the repository, which nothing is written to.</summary>
internal sealed class DocumentFolder : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly TemporaryFolder _programs = new();

    public DocumentFolder()
    {
        foreach (string entry in new[] { "docs", "plugins", "recipes", "src", "tests" })
        {
            Directory.CreateSymbolicLink(_folder[entry], Path.Combine(Cli.Repository, entry));
        }

        File.WriteAllText(_programs["mergehost"], $"#!/bin/sh\nexec dotnet '{Cli.Program}' \"$@\"\n");
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(_programs["mergehost"], UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    public void Dispose()
    {
        _folder.Dispose();
        _programs.Dispose();
    }

    /// <summary>Writes a file that a document shows.</summary>
    public void Write(string name, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_folder[name])!);
        File.WriteAllText(_folder[name], text);
    }

    /// <summary>Types a command.</summary>
    /// <param name="command">The command.</param>
    /// <param name="withTalk">Whether stderr, where progress is told, counts as printed.</param>
    /// <returns>How it ended; without talk of its own if that is a part of the output.</returns>
    public CliResult Type(string command, bool withTalk)
    {
        // What users type in the repository, where the program is not installed.
        command = command.Replace("dotnet run --project src/MergeHost.Cli -c Release -- ", "mergehost ", StringComparison.Ordinal);
        ProcessStartInfo start = new("bash", ["-c", withTalk ? $"exec 2>&1\n{command}" : command])
        {
            WorkingDirectory = _folder.Path,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["PATH"] = $"{_programs.Path}:{Environment.GetEnvironmentVariable("PATH")}";
        start.Environment["XDG_CACHE_HOME"] = Path.Combine(AppContext.BaseDirectory, "cache");
        start.Environment["HF_HUB_OFFLINE"] = "1";
        using Process process = Process.Start(start)!;
        Task<string> talk = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return new CliResult(process.ExitCode, output, talk.Result);
    }
}
