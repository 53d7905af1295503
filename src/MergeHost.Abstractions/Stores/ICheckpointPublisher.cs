using MergeHost.Checkpoints;

namespace MergeHost.Stores;

/// <summary>A store into which checkpoints can be put.</summary>
/// <remarks>The class of an <see cref="ICheckpointStore"/> implements it besides.</remarks>
public interface ICheckpointPublisher
{
    /// <summary>Whether a checkpoint of a name can be put into the store; nothing is asked for yet.</summary>
    /// <exception cref="CheckpointException">The name is one of the store's, and nobody has shown to be allowed to write.</exception>
    bool Accepts(string name);

    /// <summary>Puts files into the store, all of them at once or none; sends only what is not there.</summary>
    /// <param name="request">What is put where.</param>
    /// <param name="tell">Told what is being done, in a line.</param>
    /// <param name="progress">Told how many bytes were sent, from any thread.</param>
    /// <param name="cancellation">Asks to stop; what was sent is not sent again the next time.</param>
    /// <returns>Where it is now.</returns>
    /// <exception cref="CheckpointException">The store cannot be reached or refuses, or a file cannot be read.</exception>
    PublishedCheckpoint Publish(PublishRequest request, Action<string>? tell, IProgress<TransferProgress>? progress,
        CancellationToken cancellation);
}

/// <summary>What is put into a store.</summary>
/// <param name="Name">The name that it gets, one that the store accepts.</param>
/// <param name="Folder">The folder that holds the files.</param>
/// <param name="Files">Their paths in it, with <c>/</c> between parts.</param>
public sealed record PublishRequest(string Name, string Folder, IReadOnlyList<string> Files)
{
    /// <summary>Whether only its owners see it, if it is new.</summary>
    public bool IsPrivate { get; init; }

    /// <summary>Whether it is proposed to the owners, rather than put in place.</summary>
    public bool IsProposal { get; init; }

    /// <summary>What was done, in a line for those who look at the history.</summary>
    public string Message { get; init; } = "Upload a merged model";
}

/// <summary>Where something was put.</summary>
/// <param name="Name">Its name, with the revision that it has for good.</param>
/// <param name="Address">An address for people, or <see langword="null"/>.</param>
/// <param name="SentBytes">How much was sent; nothing if all was there.</param>
/// <param name="IsChanged">Whether anything changed.</param>
public sealed record PublishedCheckpoint(string Name, string? Address, long SentBytes, bool IsChanged);
