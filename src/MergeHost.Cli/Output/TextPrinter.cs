using System.Diagnostics;
using System.Globalization;
using MergeHost.Cli.Output.Formatting;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace MergeHost.Cli.Output;

/// <summary>Results, progress and problems for people.</summary>
internal sealed class TextPrinter(bool isQuiet) : IPrinter
{
    // Back to the start of the line, and empty it.
    private const string Over = "\r\e[K";

    private readonly Lazy<IAnsiConsole> _talk = new(() => AnsiConsole.Create(new AnsiConsoleSettings
    {
        Out = new AnsiConsoleOutput(Console.Error),
        ColorSystem = Terminal.HasColours(Console.IsErrorRedirected) ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
    }));
    private bool _isFollowing;

    public void Show(Problem problem)
    {
        if (isQuiet && problem.Severity == Severity.Warning)
        {
            return;
        }

        Show([problem]);
    }

    public void Show(IReadOnlyList<Problem> problems)
    {
        ProblemList list = ProblemList.Of([.. problems.Where(problem => !isQuiet || problem.Severity == Severity.Error)]);
        Leave();
        foreach (string line in list.Lines)
        {
            WriteProblem(line);
        }

        if (!isQuiet && !Console.IsErrorRedirected && problems.FirstOrDefault(problem => problem.Severity == Severity.Error) is { } error)
        {
            Console.Error.WriteLine($"`{Invocation.Name} explain {error.Code}` says more");
        }
    }

    /// <summary>Writes a line of a problem or a hint to stderr, as wide and as coloured as the terminal is.</summary>
    public static void WriteProblem(string text)
    {
        int width = Terminal.Width(Console.IsErrorRedirected);
        foreach (string line in width == int.MaxValue || text.Contains('\n') ? [text] : WrappedText.Lines(text, width, hanging: 2))
        {
            Console.Error.WriteLine(Terminal.PaintProblem(line, Terminal.HasColours(Console.IsErrorRedirected)));
        }
    }

    public void Say(string line)
    {
        if (!isQuiet)
        {
            Leave();
            Console.Error.WriteLine(line);
        }
    }

    public void Log(string level, string source, string message)
    {
        Leave();
        Console.Error.WriteLine($"{level}: {source}: {message}");
    }

    public void Follow(string line)
    {
        if (Console.IsErrorRedirected)
        {
            Say(line);
        }
        else if (!isQuiet)
        {
            Console.Error.Write(Over + line[..Math.Min(line.Length, Math.Max(1, Console.BufferWidth - 1))]);
            _isFollowing = true;
        }
    }

    public T Track<T>(string title, Func<IProgress<MergeProgress>?, T> work)
    {
        if (isQuiet)
        {
            return work(null);
        }

        return Console.IsErrorRedirected ? work(Lines(title)) : TrackInTerminal(title, work);
    }

    public void Write<T>(T data, Action<T> forPeople, bool isData)
    {
        Leave();
        if (!isData && isQuiet)
        {
            return;
        }

        TextWriter output = Console.Out;
        int width = Terminal.Width(Console.IsOutputRedirected);
        if (width == int.MaxValue)
        {
            forPeople(data);
            return;
        }

        using WrappingWriter wrapping = new(output, width);
        Console.SetOut(wrapping);
        try
        {
            forPeople(data);
        }
        finally
        {
            Console.SetOut(output);
        }
    }

    private void Leave()
    {
        if (_isFollowing)
        {
            Console.Error.Write(Over);
            _isFollowing = false;
        }
    }

    private T TrackInTerminal<T>(string title, Func<IProgress<MergeProgress>?, T> work) =>
        _talk.Value.Progress()
            .AutoClear(true)
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new KnownColumn(new DownloadedColumn()),
                new KnownColumn(new TransferSpeedColumn()), new KnownColumn(new RemainingTimeColumn()))
            .Start(context =>
            {
                ProgressTask task = context.AddTask(title).IsIndeterminate();
                return work(new PacedProgress(TimeSpan.FromMilliseconds(50), progress =>
                {
                    string stage = progress.Stage is null ? title : $"{title} {progress.Stage}";
                    task.Description = Markup.Escape($"{stage} ({progress.DoneTensors}/{progress.TotalTensors})");
                    task.IsIndeterminate = false;
                    task.MaxValue = Math.Max(1, progress.TotalBytes);
                    task.Value = progress.DoneBytes;
                }));
            });

    // A line now and then, for logs; none for what is done at once.
    private static PacedProgress Lines(string title)
    {
        Stopwatch clock = Stopwatch.StartNew();
        return new PacedProgress(TimeSpan.FromSeconds(2), progress =>
        {
            if (clock.Elapsed.TotalSeconds < 2)
            {
                return;
            }

            double rate = progress.DoneBytes / clock.Elapsed.TotalSeconds;
            string left = rate == 0
                ? ""
                : string.Create(CultureInfo.InvariantCulture,
                    $", {TimeSpan.FromSeconds((progress.TotalBytes - progress.DoneBytes) / rate):h\\:mm\\:ss} left");
            Console.Error.WriteLine(
                $"{title}: {Bytes.Format(progress.DoneBytes)} of {Bytes.Format(progress.TotalBytes)}, {Bytes.Format((long)rate)}/s{left}");
        });
    }

    // Empty until it is known how much there is to do.
    private sealed class KnownColumn(ProgressColumn column) : ProgressColumn
    {
        public override IRenderable Render(RenderOptions options, ProgressTask task, TimeSpan deltaTime) =>
            task.IsIndeterminate ? Text.Empty : column.Render(options, task, deltaTime);
    }
}
