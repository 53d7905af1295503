namespace MergeHost.Tests.Running;

/// <summary>Progress that is told at once, on the thread that makes it.</summary>
internal sealed class Told(Action<MergeProgress> tell) : IProgress<MergeProgress>
{
    public void Report(MergeProgress value)
    {
        lock (this)
        {
            tell(value);
        }
    }
}
