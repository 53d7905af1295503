using MergeHost.Checkpoints;

namespace MergeHost.Plugins.Gguf.Reading;

/// <summary>Where a header is read from.</summary>
/// <param name="Path">The file, for messages.</param>
/// <param name="LengthBytes">How much there is to read.</param>
/// <param name="Read">Fills a span with what lies at an offset, all of it within the length.</param>
internal sealed record HeaderSource(string Path, long LengthBytes, ReadAt Read)
{
    /// <summary>An open file.</summary>
    public static HeaderSource Of(CheckpointFile file) => new(file.Path, file.LengthBytes, file.Read);

    /// <summary>A companion.</summary>
    public static HeaderSource Of(CompanionFile companion)
    {
        byte[] content = companion.ReadBytes();
        return new HeaderSource(companion.Name, content.Length,
            (offset, destination) => content.AsSpan((int)offset, destination.Length).CopyTo(destination));
    }
}

/// <summary>Fills a span with what lies at an offset.</summary>
internal delegate void ReadAt(long offset, Span<byte> destination);
