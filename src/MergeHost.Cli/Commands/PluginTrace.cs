using MergeHost.Models.Calls;

namespace MergeHost.Cli.Commands;

/// <summary>Writes where plugins threw: their own part of the stack, down to where the host called them.</summary>
internal static class PluginTrace
{
    /// <summary>Writes what was thrown, to stderr.</summary>
    public static void Write()
    {
        foreach (Exception exception in PluginCall.Thrown)
        {
            for (Exception? thrown = exception; thrown is not null; thrown = thrown.InnerException)
            {
                Console.Error.WriteLine($"{thrown.GetType()}: {thrown.Message}");
                foreach (string frame in (thrown.StackTrace ?? "").Split('\n')
                    .TakeWhile(frame => !frame.Contains(" MergeHost.Running.", StringComparison.Ordinal)
                        && !frame.Contains(" MergeHost.Planning.", StringComparison.Ordinal)
                        && !frame.Contains(" MergeHost.Models.", StringComparison.Ordinal)
                        && !frame.Contains(" MergeHost.Scoring.", StringComparison.Ordinal)))
                {
                    Console.Error.WriteLine(frame.TrimEnd());
                }
            }
        }
    }
}
