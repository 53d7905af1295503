using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using MergeHost.Planning;
using MergeHost.Plugins;

namespace MergeHost.Running;

/// <summary>Tells one merge from another, so that only its own unfinished output is gone on with.</summary>
/// <remarks>
/// A hash of everything that the bits of the output depend on, but for the data of the inputs, of which it takes the headers. For
/// going on, the times at which the inputs were last changed are added.
/// </remarks>
internal sealed class MergeIdentity
{
    private readonly StringBuilder _text = new();

    private MergeIdentity()
    {
    }

    /// <summary>The identity that a stage's manifest names.</summary>
    public static string Of(MergePlan plan, StagePlan stage, MergeOptions options) => Compute(plan, stage, options, withTimes: false);

    /// <summary>The identity that a stage's journal names.</summary>
    public static string OfUnfinished(MergePlan plan, StagePlan stage, MergeOptions options) => Compute(plan, stage, options, withTimes: true);

    private static string Compute(MergePlan plan, StagePlan last, MergeOptions options, bool withTimes)
    {
        MergeIdentity identity = new();
        identity.Add(plan.Recipe.Text, last.Stage.Name ?? "", options.Seed, options.Device, options.ShardSizeBytes);
        foreach (StagePlan stage in plan.UpTo(last))
        {
            foreach (InstalledExport export in stage.Exports)
            {
                identity.Add(export.Plugin.Id, export.Plugin.InformationalVersion, Sha256(export.Plugin.AssemblyPath));
            }

            if (stage.Stage.OutputImportance is { } importance)
            {
                identity.Add(Sha256(importance.Text));
            }

            foreach (InputModel model in stage.Models)
            {
                identity.Add(model.Name, model.Identity);
                identity.Add([.. model.Stored.Select(tensor => tensor.ToString())]);
                foreach (FileInfo file in model.WeightFiles.Select(path => new FileInfo(path)))
                {
                    identity.Add(file.Name, file.Length, withTimes ? file.LastWriteTimeUtc.Ticks : 0);
                }
            }
        }

        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(identity._text.ToString())));
    }

    /// <summary>The hash of a file, in hexadecimal digits.</summary>
    public static string Sha256(string path)
    {
        using FileStream file = File.OpenRead(path);
        return Convert.ToHexStringLower(SHA256.HashData(file));
    }

    private void Add(params object[] parts)
    {
        foreach (object part in parts)
        {
            _text.Append(CultureInfo.InvariantCulture, $"{part}\n");
        }
    }
}
