using MergeHost.Plugins;

namespace MergeHost.Cli.Output;

/// <summary>How the program was called, so that a command it suggests can be run as it stands.</summary>
internal static class Invocation
{
    /// <summary><c>mergehost</c> where it is installed, else the path of the program that runs.</summary>
    public static string Name
    {
        get
        {
            string path = Environment.ProcessPath ?? "";
            bool isBuild = File.Exists(Path.Combine(AppContext.BaseDirectory, PluginRoots.PointerFile));
            if (!isBuild || Path.GetFileNameWithoutExtension(path.AsSpan()) is not "MergeHost.Cli")
            {
                return "mergehost";
            }

            string relative = Path.GetRelativePath(Environment.CurrentDirectory, path);
            return relative.StartsWith("..", StringComparison.Ordinal) ? path : relative;
        }
    }
}
