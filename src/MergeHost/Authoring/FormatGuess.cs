using System.IO.Enumeration;
using MergeHost.Checkpoints;
using MergeHost.Plans;
using MergeHost.Plugins;
using MergeHost.Plugins.Metadata;

namespace MergeHost.Authoring;

/// <summary>The format that a conversion means without saying so: that of the output's name, or the only one that has the type.</summary>
internal static class FormatGuess
{
    /// <summary>The format's id.</summary>
    /// <exception cref="MergeHostException">MH1006: neither tells it.</exception>
    public static string Of(string output, string? type, PluginCatalog catalog, PluginHost host)
    {
        InstalledExport[] formats = [.. new PluginSet(catalog).Exports(ExportKind.Format)
            .Where(format => host.TypeOf(format).IsAssignableTo(typeof(IWritableCheckpointFormat)))];
        string name = Path.GetFileName(Path.TrimEndingDirectorySeparator(output));
        string[] named = [.. formats.Where(format =>
            format.Export.Files.Any(pattern => FileSystemName.MatchesSimpleExpression(pattern, name))).Select(format => format.Export.Id)];
        string[] typed = type is null || named.Length > 0
            ? []
            : [.. formats.Where(format => BoundFormat.Has(format, host.Create<IWritableCheckpointFormat>(format), type))
                .Select(format => format.Export.Id)];
        return (named.Length > 0 ? named : typed) is [var only]
            ? only
            : throw new MergeHostException(new Problem(ErrorCodes.Missing,
                "'--to' is missing, "
                    + $"and "
                    + $"{(type is null ? $"'{output}' does not tell" : $"neither '{output}' nor the type "
                        + $"'{CheckpointException.Printable(type)}' tells")} the format",
                $"Write `--to FORMAT`: {string.Join(", ", formats.Select(format => format.Export.Id))}."), null);
    }
}
