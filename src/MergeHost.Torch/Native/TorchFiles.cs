namespace MergeHost.Torch.Native;

/// <summary>The native libraries that torch is made of, as files.</summary>
/// <param name="Folder">Where libtorch lies.</param>
/// <param name="Libraries">Paths of libtorch's parts, in the order in which they must be loaded.</param>
/// <param name="Bridge">The path of TorchSharp's own library.</param>
internal sealed record TorchFiles(string Folder, IReadOnlyList<string> Libraries, string Bridge)
{
    /// <summary>The library by which a folder of libtorch is known.</summary>
    public const string Main = "libtorch_cpu.so";

    /// <summary>The library that libtorch has if it was built for NVIDIA GPUs.</summary>
    public const string Cuda = "libtorch_cuda.so";

    private const string BridgeName = "libLibTorchSharp.so";

    // Each needs those before it, and finds them by name once they are loaded, wherever they lie.
    private static readonly string[] _order = ["libc10.so", Main, "libc10_cuda.so", Cuda, "libtorch.so"];

    /// <summary>Whether libtorch was built for NVIDIA GPUs.</summary>
    public bool HasCuda => Libraries.Contains(Path.Combine(Folder, Cuda));

    /// <summary>Finds the libraries.</summary>
    /// <param name="chosen">The folder of libtorch that the user names, or <see langword="null"/>
    /// for the first of the others that has it.</param>
    /// <param name="folders">Where libtorch may have been installed, and where the application's native libraries lie.</param>
    /// <exception cref="MergeHostException">MH3008: a library is not there.</exception>
    public static TorchFiles Find(string? chosen, IReadOnlyList<string> folders)
    {
        const string variable = TorchLibrary.FolderVariable;
        if (chosen is not null && !Path.IsPathFullyQualified(chosen))
        {
            throw TorchLibrary.Unavailable($"{variable} is '{chosen}'; expected an absolute path",
                $"Set {variable} to the absolute path of the folder that holds {Main}, or unset it.");
        }

        string folder = Holding(Main, chosen is null ? folders : [chosen])
            ?? throw (chosen is null
                ? TorchLibrary.Unavailable($"libtorch {TorchLibrary.Version} is not installed",
                    $"{TorchLibrary.InstallHint}, or set {variable} to a folder that holds {Main}.")
                : TorchLibrary.Unavailable($"{Main} is not in '{chosen}'",
                    $"Set {variable} to the folder that holds {Main}, or unset it."));
        string bridgeFolder = Holding(BridgeName, [.. folders, folder])
            ?? throw TorchLibrary.Unavailable($"{BridgeName} is not in '{string.Join("' or '", folders.Append(folder))}'",
                "Install MergeHost again: the library is part of it.");
        string[] libraries = [.. _order.Select(name => Path.Combine(folder, name)).Where(File.Exists)];
        return new TorchFiles(folder, libraries, Path.Combine(bridgeFolder, BridgeName));
    }

    private static string? Holding(string name, IReadOnlyList<string> folders) =>
        folders.FirstOrDefault(folder => File.Exists(Path.Combine(folder, name)));
}
