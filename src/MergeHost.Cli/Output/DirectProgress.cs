namespace MergeHost.Cli.Output;

/// <summary>Progress that is told at once, on the thread that tells it.</summary>
internal sealed class DirectProgress(Action<MergeProgress> report) : IProgress<MergeProgress>
{
    public void Report(MergeProgress value) => report(value);
}
