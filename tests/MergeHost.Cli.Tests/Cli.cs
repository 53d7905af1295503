using System.Diagnostics;
using System.Reflection;
using System.Text;

namespace MergeHost.Cli.Tests;

/// <summary>Runs the program in a process of its own, from the repository's root or another folder.</summary>
internal sealed class Cli : IDisposable
{
    private readonly Process _process;
    private readonly StringBuilder _output = new();
    private readonly StringBuilder _talk = new();

    private Cli(string folder, IEnumerable<string> arguments, IEnumerable<(string Name, string Value)> environment)
    {
        ProcessStartInfo start = new("dotnet", [Program, .. arguments])
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["XDG_CACHE_HOME"] = Path.Combine(AppContext.BaseDirectory, "cache");
        start.Environment["HF_HUB_OFFLINE"] = "1"; // What a test misspells is no business of anyone far away.
        foreach ((string name, string value) in environment)
        {
            start.Environment[name] = value;
        }

        _process = Process.Start(start)!;
        _process.OutputDataReceived += (_, line) => Add(_output, line.Data);
        _process.ErrorDataReceived += (_, line) => Add(_talk, line.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>The program that was built here, or another build of it that <c>MERGEHOST_PROGRAM</c> names.</summary>
    public static string Program => Environment.GetEnvironmentVariable("MERGEHOST_PROGRAM") ?? Metadata("Program");

    public static string Repository => Metadata("Repository");

    public static string FixturePlugins => Metadata("FixturePlugins");

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    /// <summary>What it wrote to stdout so far.</summary>
    public string Output => SoFar(_output);

    /// <summary>What it wrote to stderr so far.</summary>
    public string Talk => SoFar(_talk);

    /// <summary>Runs to the end.</summary>
    public static CliResult Run(params string[] arguments)
    {
        using Cli cli = Start(arguments);
        return cli.Wait();
    }

    public static Cli Start(IEnumerable<string> arguments, params (string Name, string Value)[] environment) =>
        StartIn(Repository, arguments, environment);

    public static Cli StartIn(string folder, IEnumerable<string> arguments, params (string Name, string Value)[] environment) =>
        new(folder, arguments, environment);

    public CliResult Wait()
    {
        _process.WaitForExit();
        return new CliResult(_process.ExitCode, _output.ToString(), _talk.ToString());
    }

    public void Kill() => _process.Kill();

    public void Dispose() => _process.Dispose();

    private static string SoFar(StringBuilder lines)
    {
        lock (lines)
        {
            return lines.ToString();
        }
    }

    private static string Metadata(string key) =>
        typeof(Cli).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(attribute => attribute.Key == key).Value!;

    private static void Add(StringBuilder text, string? line)
    {
        lock (text)
        {
            text.Append(line is null ? "" : line + "\n");
        }
    }
}

/// <summary>How a run of the program ended.</summary>
/// <param name="ExitCode">Its exit code.</param>
/// <param name="Output">What it wrote to stdout: data.</param>
/// <param name="Talk">What it wrote to stderr.</param>
internal sealed record CliResult(int ExitCode, string Output, string Talk);
