using System.CommandLine;
using System.Globalization;
using System.Security.Cryptography;
using MergeHost.Cli.Output;
using MergeHost.Cli.Output.Formatting;
using MergeHost.Cli.Reports;
using MergeHost.Evaluation;

namespace MergeHost.Cli.Commands;

/// <summary>Writes the page that a command line asks for, with what made it.</summary>
internal static class Pages
{
    /// <summary>Writes the page, if one is asked for.</summary>
    /// <param name="arguments">The command line.</param>
    /// <param name="printer">Says that it is written.</param>
    /// <param name="write">Makes the page.</param>
    /// <param name="files">What was read to know what to do: a suite, a study.</param>
    /// <exception cref="MergeHostException">It cannot be written.</exception>
    public static void Save(ParseResult arguments, IPrinter printer, Func<HtmlPage> write, params string[] files)
    {
        if (arguments.GetValue(SharedOptions.Html) is not { } path)
        {
            return;
        }

        HtmlPage page = write();
        foreach (string file in files)
        {
            page.Fact(Path.GetFileName(file), $"SHA-256 {Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(file)))}")
                .File(Path.GetFileName(file), File.ReadAllText(file));
        }

        page.Fact("command", $"mergehost {string.Join(' ', Environment.GetCommandLineArgs().Skip(1).Select(ShellWord.Quoted))}")
            .Fact("made by", $"MergeHost {ProgramVersion.Current.Version}")
            .Fact("date", DateTime.UtcNow.ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture));
        OutputFile.Write(path, page.ToHtml());
        printer.Say($"{path}: written");
    }

    /// <summary>Says which weights a page is of: the digests by which results of benchmarks are kept, too.</summary>
    public static HtmlPage WithDigests(HtmlPage page, MergeEngine engine, IReadOnlyList<string> models, CancellationToken cancellation)
    {
        foreach ((string model, string digest) in models.Zip(new EvaluationEngine(engine).Digests(models, cancellation)))
        {
            page.Fact($"weights of {model}", $"digest {digest}");
        }

        return page;
    }
}
