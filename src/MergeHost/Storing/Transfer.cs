using MergeHost.Stores;

namespace MergeHost.Storing;

/// <summary>Progress of stores as that of the host.</summary>
internal sealed class Transfer : IProgress<TransferProgress>
{
    private readonly IProgress<MergeProgress> _whole;

    private Transfer(IProgress<MergeProgress> whole) => _whole = whole;

    public static Transfer? Of(IProgress<MergeProgress>? whole) => whole is null ? null : new Transfer(whole);

    public void Report(TransferProgress value) => _whole.Report(new MergeProgress(null, value.DoneBytes, value.TotalBytes, 0, 1));
}
