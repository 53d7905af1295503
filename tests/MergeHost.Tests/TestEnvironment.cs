using System.Runtime.CompilerServices;

namespace MergeHost.Tests;

/// <summary>What a test misspells is no business of anyone far away.</summary>
internal static class TestEnvironment
{
    [ModuleInitializer]
    internal static void KeepOffline() => Environment.SetEnvironmentVariable("HF_HUB_OFFLINE", "1");
}
