using System.Globalization;
using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using MergeHost.Kernels.Randomness;
using MergeHost.Models;
using MergeHost.Output;
using MergeHost.Plans;
using MergeHost.Plugins;
using MergeHost.Plugins.Metadata;
using MergeHost.Storage;

namespace MergeHost.Running.Records;

/// <summary>Tells one merge from another, so that only its own unfinished output is gone on with.</summary>
/// <remarks>
/// A hash of everything that the bits of the output depend on, but for the data of the inputs, of which it takes the headers. For
/// going on, the identities of all files that are read are added, and the builds of the program and of its kernels.
/// </remarks>
internal sealed class MergeIdentity
{
    private static readonly Module[] _builds = [typeof(MergeIdentity).Module, typeof(Philox).Module, typeof(FileIdentity).Module,
        typeof(TensorInfo).Module];

    private readonly StringBuilder _text = new();

    private MergeIdentity()
    {
    }

    /// <summary>The builds of the program and of its kernels.</summary>
    public static string Program => string.Join(' ', _builds.Select(module => module.ModuleVersionId));

    /// <summary>The identity that a stage's manifest names, and the one that its journal names; all
    /// files of its plugins are read for them.</summary>
    public static (string Merge, string Unfinished) Of(MergePlan plan, StagePlan stage, MergeOptions options)
    {
        MergeIdentity identity = Compute(plan, stage, options);
        string merge = identity.Hash();
        identity.Add(Program);
        identity.Add([.. plan.InputFilesOf(stage).Select(file => $"{file.Name} {file.Path} {file.Identity}")]);
        return (merge, identity.Hash());
    }

    private static MergeIdentity Compute(MergePlan plan, StagePlan last, MergeOptions options)
    {
        MergeIdentity identity = new();
        identity.Add(plan.Recipe.Text, last.Stage.Name ?? "", options.Seed, options.Device, options.ShardSizeBytes);
        foreach (StagePlan stage in plan.UpTo(last))
        {
            foreach (InstalledExport export in stage.Exports)
            {
                identity.Add(export.Plugin.Id, export.Plugin.InformationalVersion);
                identity.Add([.. LockedPlugin.Of(export.Plugin).Files]);
            }

            identity.Add([.. stage.FormatFiles.Select(OutputFiles.Sha256)]);
            identity.Add([.. new[] { stage.NamedType }.OfType<string>()]);

            foreach (InputModel model in stage.Models.Concat(stage.Auxiliaries))
            {
                identity.Add(model.Name, model.Identity);
                identity.Add([.. model.Stored.Select(tensor => tensor.ToString())]);
                foreach (InputFile file in model.Files.Where(file => model.WeightFiles.Contains(file.Path)))
                {
                    identity.Add(file.Name, file.LengthBytes);
                }
            }
        }

        return identity;
    }

    private string Hash() => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(_text.ToString())));

    private void Add(params object[] parts)
    {
        foreach (object part in parts)
        {
            _text.Append(CultureInfo.InvariantCulture, $"{part}\n");
        }
    }
}
