using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace MergeHost.Plugins.HuggingFace.Hub;

/// <summary>A file of a commit, as the listing has it.</summary>
/// <param name="Path">Its path in the repository.</param>
/// <param name="LengthBytes">Its length.</param>
/// <param name="Oid">Git's SHA-1 of what git holds: the file, or the pointer to one in large-file storage.</param>
/// <param name="Sha256">The SHA-256 of a file in large-file storage, else <see langword="null"/>.</param>
internal sealed record HubEntry(string Path, long LengthBytes, string Oid, string? Sha256)
{
    /// <summary>The digest of the content: SHA-256 (64 digits), or git's SHA-1 (40).</summary>
    public string Digest => Sha256 ?? Oid;

    /// <summary>Begins to compute what must come out as <see cref="Digest"/>.</summary>
    public IncrementalHash NewHash() => NewHash(Digest, LengthBytes);

    /// <inheritdoc cref="NewHash()"/>
    public static IncrementalHash NewHash(string digest, long lengthBytes)
    {
        if (digest.Length == 64)
        {
            return IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        }

        IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA1);
        hash.AppendData(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"blob {lengthBytes}\0")));
        return hash;
    }

    /// <summary>Whether a text is a digest of either kind.</summary>
    public static bool IsDigest(string text) => text.Length is 40 or 64 && text.All(char.IsAsciiHexDigitLower);
}
