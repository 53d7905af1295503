using MergeHost.Plugins.Metadata;

namespace MergeHost.Models.Calls;

/// <summary>What a plugin does wrong, told as a problem that names the plugin.</summary>
internal static class PluginMistake
{
    private const string Hint = "Report it to the plugin's author, or install another version.";

    /// <summary>Whether an exception is a mistake of the plugin that threw it.</summary>
    public static bool Is(Exception exception) => exception is not (MergeHostException or OperationCanceledException);

    /// <summary>The error of a plugin that threw.</summary>
    /// <param name="export">What threw.</param>
    /// <param name="exception">What was thrown.</param>
    /// <param name="at">At what, or <see langword="null"/>.</param>
    public static MergeHostException Failed(InstalledExport export, Exception exception, string? at)
    {
        PluginCall.Thrown.Enqueue(exception);
        return Broken(export, $"failed with {Describe(exception)}{(at is null ? "" : $" ({at})")}", exception);
    }

    /// <summary>An exception in words: that of a type's initialiser is the one that was thrown in it.</summary>
    public static string Describe(Exception exception)
    {
        exception = exception is TypeInitializationException { InnerException: { } inner } ? inner : exception;
        return $"{exception.GetType().Name}: {exception.Message}";
    }

    /// <summary>The error of a plugin that broke its contract.</summary>
    public static MergeHostException Broken(InstalledExport export, string reason, Exception? inner = null) =>
        new(new Problem(export.Export.Kind.Failure(), $"{export.Export} of plugin {export.Plugin} {reason}", Hint), inner);
}
