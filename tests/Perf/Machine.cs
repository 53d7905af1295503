using System.Globalization;
using System.Runtime.Intrinsics.X86;
using System.Text.RegularExpressions;

namespace MergeHost.Perf;

/// <summary>The machine that is measured.</summary>
internal static partial class Machine
{
    /// <summary>Its processor and the widest numbers that it works on, as a part of a file's name.</summary>
    public static string Make { get; } = NotOfNames.Replace($"{Processor} {Lanes}".ToLowerInvariant(), "-");

    /// <summary>The same in words, with processors, memory and runtime.</summary>
    public static string Description { get; } = string.Create(CultureInfo.InvariantCulture,
        $"{Processor} ({Lanes}), {Environment.ProcessorCount} processors, {GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 1e9:F0} GB, "
            + $".NET {Environment.Version}");

    private static string Lanes => Avx512F.IsSupported ? "AVX-512" : Avx2.IsSupported ? "AVX2" : "128 bits";

    private static string Processor =>
        File.Exists("/proc/cpuinfo") && Model.Match(File.ReadAllText("/proc/cpuinfo")) is { Success: true } found
            ? found.Groups[1].Value : System.Runtime.InteropServices.RuntimeInformation.ProcessArchitecture.ToString();

    [GeneratedRegex(@"^model name\s*: (.+?)(?: \d+-Core Processor| CPU @.*)?$", RegexOptions.Multiline)]
    private static partial Regex Model { get; }

    [GeneratedRegex("[^a-z0-9]+")]
    private static partial Regex NotOfNames { get; }
}
