using System.Reflection;
using System.Runtime.InteropServices;
using MergeHost.Plugins.Metadata;

namespace MergeHost.Cli.Commands;

/// <summary>What runs, and on what.</summary>
/// <param name="Version">The program's version, with the commit after a <c>+</c>.</param>
/// <param name="Contracts">The contracts that plugins must be built for.</param>
/// <param name="Runtime">.NET's version.</param>
/// <param name="System">The system and its processor.</param>
internal sealed record ProgramVersion(string Version, string Contracts, string Runtime, string System)
{
    /// <summary>The running program's.</summary>
    public static ProgramVersion Current { get; } = new(
        typeof(ProgramVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion,
        SharedAssemblies.ContractVersion.ToString(2), RuntimeInformation.FrameworkDescription, RuntimeInformation.RuntimeIdentifier);
}
