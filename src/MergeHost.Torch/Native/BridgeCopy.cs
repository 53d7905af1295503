using System.Security.Cryptography;

namespace MergeHost.Torch.Native;

/// <summary>TorchSharp's native bridge, made to load where libstdc++ is older than the one it was built with.</summary>
/// <remarks>The bridge names <see cref="MissingVersion"/> for one symbol that it never uses:
/// Debian 12 and Ubuntu 22.04 refuse it.</remarks>
internal static class BridgeCopy
{
    /// <summary>The version that older systems lack.</summary>
    public const string MissingVersion = "GLIBCXX_3.4.32";

    /// <summary>Set to <c>off</c>, forbids the copy.</summary>
    public const string SwitchVariable = "MERGEHOST_TORCH_COMPAT";

    private const string Marker = "_ZSt21ios_base_library_initv";
    private const string Hint = "Use a system with the libstdc++ of GCC 13 or newer, such as Debian 13 or Ubuntu 24.04";

    /// <summary>Writes a copy that does without <see cref="MissingVersion"/>, or finds the one that was written before.</summary>
    /// <param name="bridge">The file that the system refuses.</param>
    /// <param name="folder">Where the copy goes, or <see langword="null"/> if the user has no folder for caches.</param>
    /// <param name="isAllowed">Whether the user lets it be made.</param>
    /// <returns>The copy's path, which depends on its content alone: several processes may do the same at once.</returns>
    /// <exception cref="MergeHostException">MH3008: it is not allowed, not known to be harmless, or cannot be written.</exception>
    public static string Make(string bridge, string? folder, bool isAllowed)
    {
        string problem = $"{bridge} asks for {MissingVersion}, which this system's libstdc++ lacks";
        if (!isAllowed)
        {
            throw TorchLibrary.Unavailable($"{problem}, and {SwitchVariable} is off", $"{Hint}, or unset {SwitchVariable}.");
        }

        if (folder is null)
        {
            throw TorchLibrary.Unavailable($"{problem}, and there is no folder for an adapted copy",
                "Set XDG_CACHE_HOME to an absolute path of an existing folder.");
        }

        try
        {
            return Write(VersionNeed.Weaken(File.ReadAllBytes(bridge), MissingVersion, Marker), folder);
        }
        catch (InvalidDataException e)
        {
            throw TorchLibrary.Unavailable($"{problem}; it cannot be adapted: {e.Message}", $"{Hint}.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw TorchLibrary.Unavailable($"{problem}; an adapted copy cannot be written: {e.Message}",
                "Set XDG_CACHE_HOME to a folder that can be written.", e);
        }
    }

    private static string Write(byte[] content, string folder)
    {
        string path = Path.Combine(folder, $"libLibTorchSharp-{Convert.ToHexStringLower(SHA256.HashData(content))}.so");
        if (File.Exists(path) && File.ReadAllBytes(path).AsSpan().SequenceEqual(content))
        {
            return path;
        }

        Directory.CreateDirectory(folder);
        string partial = $"{path}.{Guid.NewGuid():N}.partial";
        File.WriteAllBytes(partial, content);
        File.Move(partial, path, overwrite: true);
        return path;
    }
}
