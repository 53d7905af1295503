using System.Reflection;
using System.Runtime.InteropServices;
using System.Runtime.Loader;

namespace MergeHost.Plugins.Metadata;

/// <summary>Assemblies that must be the host's copy: with one of its own, a plugin's types are strangers to the host.</summary>
/// <remarks><c>build/MergeHost.Abstractions.targets</c> keeps the same ones out of a plugin's folder.</remarks>
internal static class SharedAssemblies
{
    /// <summary>The assembly whose version decides whether a plugin fits.</summary>
    public const string Contracts = "MergeHost.Abstractions";

    private static readonly string[] _torch = ["TorchSharp", "MergeHost.Torch"];

    /// <summary>Their simple names: what contracts expose.</summary>
    public static IReadOnlyList<string> Names { get; } =
    [
        Contracts,
        "MergeHost.Architectures",
        "MergeHost.Kernels",
        "MergeHost.Storage",
        "MergeHost.Torch",
        "TorchSharp",
        "System.Composition.AttributedModel",
        "Microsoft.Extensions.Logging.Abstractions",
        "Microsoft.Extensions.DependencyInjection.Abstractions",
    ];

    /// <summary>What TorchSharp brings, which is shared with plugins that use it; others have copies of their own.</summary>
    public static IReadOnlyList<string> WithTorch { get; } = ["Google.Protobuf", "SkiaSharp", "ICSharpCode.SharpZipLib"];

    /// <summary>What is lent to a plugin that has no copy of its own: no contract exposes it, so that a copy is as good.</summary>
    public static IReadOnlyList<string> Lent { get; } = ["System.Numerics.Tensors"];

    /// <summary>The context in which the host's copies live.</summary>
    public static AssemblyLoadContext Context { get; } = AssemblyLoadContext.GetLoadContext(typeof(MergeHostException).Assembly)!;

    /// <summary>The version of the host's contracts.</summary>
    public static Version ContractVersion => typeof(MergeHostException).Assembly.GetName().Version!;

    /// <summary>Whether a plugin that refers to an assembly uses TorchSharp.</summary>
    public static bool IsTorch(string name) => _torch.Contains(name, StringComparer.OrdinalIgnoreCase);

    /// <summary>Whether an assembly is shared with a plugin, by its simple name.</summary>
    /// <param name="name">The name.</param>
    /// <param name="usesTorch">Whether the plugin uses TorchSharp.</param>
    public static bool Contains(string name, bool usesTorch) =>
        Names.Contains(name, StringComparer.OrdinalIgnoreCase) || (usesTorch && WithTorch.Contains(name, StringComparer.OrdinalIgnoreCase));

    /// <summary>Whether an assembly is lent to a plugin that has no copy of its own.</summary>
    public static bool IsLent(string name) => Lent.Contains(name, StringComparer.OrdinalIgnoreCase);

    /// <summary>Whether an assembly is part of .NET.</summary>
    public static bool IsFramework(string name)
    {
        string folder = RuntimeEnvironment.GetRuntimeDirectory();
        // In a program of a single file the runtime lies beside nothing: whatever the program can load counts.
        return File.Exists(Path.Combine(folder, "System.Runtime.dll"))
            ? File.Exists(Path.Combine(folder, name + ".dll"))
            : HostVersion(name) is not null;
    }

    /// <summary>The version of the host's copy, or <see langword="null"/> if it has none.</summary>
    public static Version? HostVersion(string name)
    {
        try
        {
            return Context.LoadFromAssemblyName(new AssemblyName(name)).GetName().Version;
        }
        catch (Exception exception) when (exception is IOException or BadImageFormatException or ArgumentException)
        {
            return null;
        }
    }
}
