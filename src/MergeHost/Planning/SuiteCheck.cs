using MergeHost.Plugins;

namespace MergeHost.Planning;

/// <summary>Checks a suite before any work is done for it; the host knows no suites itself.</summary>
/// <param name="path">The suite.</param>
/// <param name="only">The tasks that are meant; none for all.</param>
/// <param name="plugins">What may be used.</param>
/// <param name="host">Creates what is used.</param>
/// <exception cref="MergeHostException">Something is wrong with it.</exception>
internal delegate void SuiteCheck(string path, IReadOnlyList<string> only, PluginSet plugins, PluginHost host);
