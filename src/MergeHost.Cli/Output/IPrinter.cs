namespace MergeHost.Cli.Output;

/// <summary>What commands say: data to stdout, talk to stderr; for people or as JSON.</summary>
internal interface IPrinter
{
    /// <summary>Shows an error or a warning.</summary>
    void Show(Problem problem);

    /// <summary>Shows everything that is wrong, in the order of places.</summary>
    void Show(IReadOnlyList<Problem> problems);

    /// <summary>Tells people something; nothing in JSON.</summary>
    void Say(string line);

    /// <summary>Writes a line of a log, to stderr.</summary>
    /// <param name="level">How much it matters, such as <c>warning</c>.</param>
    /// <param name="source">What wrote it.</param>
    /// <param name="message">The line.</param>
    void Log(string level, string source, string message);

    /// <summary>Tells people what is being done; in a terminal each line takes the place of the last.</summary>
    void Follow(string line);

    /// <summary>Runs work that tells its progress.</summary>
    /// <param name="title">What is done, in one word.</param>
    /// <param name="work">Is given what to tell the progress to.</param>
    T Track<T>(string title, Func<IProgress<MergeProgress>?, T> work);

    /// <summary>Writes the result of a command.</summary>
    /// <param name="data">The result.</param>
    /// <param name="forPeople">Writes it for people.</param>
    /// <param name="isData">Whether it is what the command is asked for; else it tells of files that were made, and is
    /// left out where only errors are wanted.</param>
    void Write<T>(T data, Action<T> forPeople, bool isData = true);
}
