using System.Security.Cryptography;
using MergeHost.Plugins.HuggingFace.Hub;

namespace MergeHost.Plugins.HuggingFace.Publishing;

/// <summary>A file that is pushed.</summary>
/// <param name="Path">Its path in the repository.</param>
/// <param name="FullPath">Where it is.</param>
/// <param name="LengthBytes">Its length.</param>
internal sealed record LocalFile(string Path, string FullPath, long LengthBytes)
{
    private const int SampleBytes = 512;

    /// <exception cref="IOException">It is not there, or cannot be looked at.</exception>
    public static LocalFile Of(string folder, string path)
    {
        string full = System.IO.Path.Combine(folder, path);
        return new LocalFile(path, full, HubCache.Target(full).Length);
    }

    /// <summary>The beginning, by which the hub decides how a file is kept.</summary>
    public byte[] ReadSample()
    {
        using FileStream stream = File.OpenRead(FullPath);
        byte[] sample = new byte[Math.Min(SampleBytes, stream.Length)];
        stream.ReadExactly(sample);
        return sample;
    }

    public byte[] ReadAll() => File.ReadAllBytes(FullPath);
}

/// <summary>A file that is pushed, and how.</summary>
/// <param name="File">The file.</param>
/// <param name="IsLarge">Whether it goes to large-file storage.</param>
/// <param name="Digest">SHA-256 of a large file, git's SHA-1 of another.</param>
/// <param name="IsChanged">Whether the hub does not have it yet.</param>
internal sealed record PlannedFile(LocalFile File, bool IsLarge, string Digest, bool IsChanged)
{
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static PlannedFile Of(LocalFile file, bool isLarge, string? there, CancellationToken cancellation)
    {
        using IncrementalHash hash = isLarge
            ? IncrementalHash.CreateHash(HashAlgorithmName.SHA256)
            : HubEntry.NewHash("", file.LengthBytes);
        using FileStream stream = System.IO.File.OpenRead(file.FullPath);
        byte[] buffer = new byte[1 << 20];
        for (int read = stream.Read(buffer); read > 0; read = stream.Read(buffer))
        {
            cancellation.ThrowIfCancellationRequested();
            hash.AppendData(buffer, 0, read);
        }

        string digest = Convert.ToHexStringLower(hash.GetHashAndReset());
        return new PlannedFile(file, isLarge, digest, digest != there);
    }
}
