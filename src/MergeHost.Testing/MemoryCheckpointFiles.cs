using System.Security.Cryptography;
using MergeHost.Checkpoints;

namespace MergeHost.Testing;

/// <summary>The files of a checkpoint in memory; counts what is read of them.</summary>
/// <param name="location">The address, for messages.</param>
/// <param name="contents">The files by name; one that is replaced has another identity from then on.</param>
/// <param name="named">The file that is named, or <see langword="null"/> for all.</param>
public sealed class MemoryCheckpointFiles(string location, IDictionary<string, byte[]> contents, string? named = null) : CheckpointFiles
{
    private long _bytesRead;

    /// <summary>How many bytes were read so far, of all files.</summary>
    public long BytesRead => Interlocked.Read(ref _bytesRead);

    /// <inheritdoc/>
    public override string Location => location;

    /// <inheritdoc/>
    public override string? Named => named;

    /// <inheritdoc/>
    public override IReadOnlyList<string> Names =>
        [.. contents.Keys.Where(name => !name.Contains('/', StringComparison.Ordinal)).Order(StringComparer.Ordinal)];

    /// <inheritdoc/>
    public override IReadOnlyList<string> NamesIn(string folder) =>
        [.. contents.Keys.Where(name => name.StartsWith(folder + "/", StringComparison.Ordinal)).Select(name => name[(folder.Length + 1)..])
            .Order(StringComparer.Ordinal)];

    /// <inheritdoc/>
    public override bool Has(string name) => contents.ContainsKey(name);

    /// <inheritdoc/>
    public override string PathOf(string name) => $"{location}/{name}";

    /// <inheritdoc/>
    public override CheckpointFile Open(string name) => contents.TryGetValue(name, out byte[]? content)
        ? new Content(this, PathOf(name), content)
        : throw CheckpointException.Unreadable(PathOf(name), "there is no such file");

    /// <inheritdoc/>
    public override string? IdentityOf(string name) => contents.TryGetValue(name, out byte[]? content) ? Hash(content) : null;

    private static string Hash(byte[] content) => Convert.ToHexStringLower(SHA256.HashData(content));

    private sealed class Content(MemoryCheckpointFiles files, string path, byte[] content) : CheckpointFile
    {
        private bool _isDisposed;

        public override string Path => path;

        public override long LengthBytes => content.Length;

        public override string Identity { get; } = Hash(content);

        public override void Read(long offset, Span<byte> destination)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            ArgumentOutOfRangeException.ThrowIfNegative(offset);
            if (offset > content.Length - destination.Length)
            {
                throw new CheckpointException(new Problem(ErrorCodes.Truncated,
                    $"{path}: {destination.Length} bytes are wanted from {offset} on, the file has {content.Length}"));
            }

            content.AsSpan((int)offset, destination.Length).CopyTo(destination);
            Interlocked.Add(ref files._bytesRead, destination.Length);
        }

        protected override void Dispose(bool disposing)
        {
            _isDisposed = true;
            base.Dispose(disposing);
        }
    }
}
