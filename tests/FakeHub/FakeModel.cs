using System.Security.Cryptography;
using System.Text;

namespace MergeHost.Fakes;

/// <summary>A model or dataset of the fake hub.</summary>
public sealed class FakeModel(Dictionary<string, byte[]> files, string? commit = null)
{
    private readonly Dictionary<byte[], string> _digests = [];

    /// <summary>What every file holds.</summary>
    public Dictionary<string, byte[]> Files => files;

    /// <summary>The commit of the files.</summary>
    public string Commit { get; } = commit ?? CommitOf(files.Keys);

    /// <summary>Which commit each branch is now.</summary>
    public Dictionary<string, string> Branches { get; } = new() { ["main"] = commit ?? CommitOf(files.Keys) };

    public string? License { get; set; }

    public bool IsPrivate { get; set; }

    public bool IsGated { get; set; }

    /// <summary>Names of further files of the listing.</summary>
    public string[] StrangeNames { get; set; } = [];

    /// <summary>Whether a file is kept in the storage.</summary>
    public static bool IsLarge(string path) => path.EndsWith(".safetensors", StringComparison.Ordinal);

    /// <summary>The digest of a file that the hub itself has, as git takes it.</summary>
    public static string GitDigest(byte[] content) =>
        Hex(SHA1.HashData([.. Encoding.ASCII.GetBytes($"blob {content.Length}\0"), .. content]));

    /// <summary>The SHA-256 of a file that the storage has.</summary>
    public string LargeDigest(byte[] content)
    {
        lock (_digests)
        {
            return _digests.TryGetValue(content, out string? digest) ? digest : _digests[content] = Hex(SHA256.HashData(content));
        }
    }

    /// <summary>The digest that tells a file from all others.</summary>
    public string Digest(string path) => IsLarge(path) ? LargeDigest(files[path]) : GitDigest(files[path]);

    /// <summary>The commit of a branch, or of itself.</summary>
    /// <returns><see langword="null"/> if there is none of that name.</returns>
    public string? CommitOf(string revision) =>
        Branches.TryGetValue(revision, out string? found)
            ? found
            : revision == Commit || Branches.ContainsValue(revision) ? revision : null;

    private static string CommitOf(IEnumerable<string> names) => Hex(SHA1.HashData(Encoding.UTF8.GetBytes(string.Join('\n', names))));

    private static string Hex(byte[] bytes) => Convert.ToHexStringLower(bytes);
}
