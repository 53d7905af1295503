using System.Runtime.InteropServices;
using MergeHost.Storage;
using MergeHost.Torch.Native;
using TorchSharp;

namespace MergeHost.Torch;

/// <summary>libtorch, the native library that does torch's work.</summary>
/// <remarks>
/// It is loaded at the first call, once for the process: from the folder that <c>MERGEHOST_LIBTORCH</c> names, else from the one that
/// <c>mergehost torch install</c> filled, else from the application's own. TorchSharp must not be touched before: what it tries by itself
/// is final for the process, and writes to stdout. On systems whose libstdc++ is older than GCC 13's, a copy of TorchSharp's bridge is
/// adapted and kept in the user's cache folder; <c>MERGEHOST_TORCH_COMPAT=off</c> forbids that. All members may be called from any thread.
/// </remarks>
public static class TorchLibrary
{
    internal const string FolderVariable = "MERGEHOST_LIBTORCH";

    // What TorchSharp 0.107 is built for; others may load and then compute nonsense.
    internal const string Version = "2.10";

    internal const string PackageVersion = "2.10.0";

    internal const string MainFile = TorchFiles.Main;

    internal const string InstallHint = "Run `mergehost torch install cpu`, or `mergehost torch install cuda` for NVIDIA GPUs";

    // A file beside the program that names a folder; a build writes it, so that tests find what was restored.
    private const string PointerFile = "mergehost.libtorch.path";

    // Keeps a failure too: a second attempt would fail the same way.
    private static readonly Lazy<TorchFiles> _files = new(Load);

    /// <summary>The folder that libtorch was loaded from.</summary>
    /// <exception cref="MergeHostException">MH3008: libtorch is not there, or cannot be loaded.</exception>
    public static string Folder => _files.Value.Folder;

    /// <summary>Makes sure that torch can work on a device.</summary>
    /// <exception cref="MergeHostException">MH3008: libtorch is not there, cannot be loaded, or does not see the GPU.</exception>
    public static void Require(DeviceSpec device) => Open(device);

    /// <summary>torch's word for a device that is known to be there.</summary>
    internal static torch.Device Open(DeviceSpec device)
    {
        TorchFiles files = _files.Value;
        if (device.Kind != DeviceKind.Cuda)
        {
            return torch.CPU;
        }

        if (!torch.cuda.is_available())
        {
            throw NoCuda(device, files);
        }

        int count = torch.cuda.device_count();
        return device.Index < count
            ? torch.device(DeviceType.CUDA, device.Index)
            : throw Unavailable($"device '{device}' is not there: the last GPU is 'cuda:{count - 1}'", "Name one that is there.");
    }

    /// <summary>The folder that holds a folder for each backend that was installed, or <see langword="null"/>
    /// if the user has no folder for caches.</summary>
    internal static string? InstallFolder => UserFolder.Cache is { } cache ? Path.Combine(cache, "libtorch", PackageVersion) : null;

    /// <summary>Where the libraries are, whether they can be loaded or not.</summary>
    internal static TorchFiles Find()
    {
        // What computes on GPUs computes on the processor, too.
        IEnumerable<string> installed = InstallFolder is { } folder ? [Path.Combine(folder, "cuda"), Path.Combine(folder, "cpu")] : [];
        string pointerFile = Path.Combine(AppContext.BaseDirectory, PointerFile);
        IEnumerable<string> pointed = File.Exists(pointerFile) ? File.ReadLines(pointerFile).Where(line => line.Length > 0) : [];

        // The runtime writes the folders that the application's .deps.json names into this setting.
        string folders = AppContext.GetData("NATIVE_DLL_SEARCH_DIRECTORIES") as string ?? "";
        string? chosen = Environment.GetEnvironmentVariable(FolderVariable);
        return TorchFiles.Find(string.IsNullOrEmpty(chosen) ? null : Path.GetFullPath(chosen),
            [.. installed, .. pointed, .. folders.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries),
                AppContext.BaseDirectory]);
    }

    internal static MergeHostException NoCuda(DeviceSpec device, TorchFiles files)
    {
        if (!files.HasCuda)
        {
            return Unavailable(
                $"device '{device}': libtorch in '{files.Folder}' is for the processor only: it has no {TorchFiles.Cuda}",
                $"Run `mergehost torch install cuda`, or set {FolderVariable} to a folder of libtorch for CUDA.");
        }

        return NativeLibrary.TryLoad("libcuda.so.1", out _)
            ? Unavailable($"device '{device}': NVIDIA's driver is there, but no GPU that it can use", "See what nvidia-smi says.")
            : Unavailable($"device '{device}': libcuda.so.1 is not there, a part of NVIDIA's driver", "Install the driver.");
    }

    internal static MergeHostException Unavailable(string message, string hint, Exception? inner = null) =>
        new(new Problem(ErrorCodes.DeviceUnavailable, message, hint), inner);

    /// <exception cref="MergeHostException">MH3008: libtorch cannot be used on this system.</exception>
    internal static void RequirePlatform()
    {
        if (!OperatingSystem.IsLinux() || RuntimeInformation.ProcessArchitecture != Architecture.X64)
        {
            throw Unavailable($"torch needs linux-x64, this is {RuntimeInformation.RuntimeIdentifier}", "Use device 'cpu'.");
        }
    }

    private static TorchFiles Load()
    {
        RequirePlatform();
        TorchFiles files = Find();
        foreach (string path in files.Libraries)
        {
            nint library = LoadLibrary(path);
            if (Path.GetFileName(path) == TorchFiles.Main)
            {
                CheckVersion(library, path);
            }
        }

        LoadBridge(files.Bridge);

        // The host's workers run side by side already; threads within an operation would only get in their way.
        torch.set_num_threads(1);
        return files;
    }

    private static unsafe void CheckVersion(nint library, string path)
    {
        string found = "an older one";
        if (NativeLibrary.TryGetExport(library, "aoti_torch_abi_version", out nint function))
        {
            ulong version = ((delegate* unmanaged<ulong>)function)();
            found = $"{version >> 56}.{(version >> 48) & 0xFF}";
        }

        if (found != Version)
        {
            throw Unavailable($"{path}: expected libtorch {Version}, found {found}", $"Install libtorch {Version}.");
        }
    }

    // TorchSharp looks for the bridge by name; the system then finds the one that is loaded already, whatever its file is called.
    private static void LoadBridge(string bridge)
    {
        try
        {
            LoadLibrary(bridge);
        }
        catch (MergeHostException e) when (e.Message.Contains(BridgeCopy.MissingVersion, StringComparison.Ordinal))
        {
            bool isAllowed = Environment.GetEnvironmentVariable(BridgeCopy.SwitchVariable) != "off";
            LoadLibrary(BridgeCopy.Make(bridge, UserFolder.Cache, isAllowed));
        }
    }

    private static nint LoadLibrary(string path)
    {
        try
        {
            return NativeLibrary.Load(path);
        }
        catch (Exception e) when (e is DllNotFoundException or BadImageFormatException)
        {
            // The first line is .NET's advice; those after it are the system's own words, such as which library is missing.
            string[] lines = e.Message.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
            throw Unavailable($"{path} cannot be loaded: {string.Join("; ", lines.Skip(1).DefaultIfEmpty(lines[0]))}",
                $"Install libtorch {Version} whole, with the libraries it needs.", e);
        }
    }
}
