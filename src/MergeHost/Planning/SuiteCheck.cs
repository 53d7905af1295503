using MergeHost.Plugins;
using MergeHost.Reports;

namespace MergeHost.Planning;

/// <summary>Checks a suite, and tells what it could show, before any work is done for it; the host knows no suites itself.</summary>
/// <param name="path">The suite.</param>
/// <param name="only">The tasks that are meant; none for all.</param>
/// <param name="plugins">What may be used.</param>
/// <param name="host">Creates what is used.</param>
/// <returns>Its tasks.</returns>
/// <exception cref="MergeHostException">Something is wrong with it.</exception>
internal delegate IReadOnlyList<SuiteTaskSummary> SuiteCheck(string path, IReadOnlyList<string> only, PluginSet plugins, PluginHost host);
