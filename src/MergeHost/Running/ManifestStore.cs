using System.Reflection;
using System.Text.Json;
using MergeHost.Planning;
using MergeHost.Planning.Accounting;
using MergeHost.Scoring;

namespace MergeHost.Running;

/// <summary>Makes manifests, and reads them back.</summary>
internal static class ManifestStore
{
    /// <summary>Describes a stage that is complete.</summary>
    /// <param name="plan">The recipe's plan.</param>
    /// <param name="stage">The stage.</param>
    /// <param name="earlier">The stages before it.</param>
    /// <param name="result">What it made.</param>
    /// <param name="folder">Where it was written.</param>
    /// <param name="options">How it was made.</param>
    public static MergeManifest Make(
        MergePlan plan, StagePlan stage, IReadOnlyList<ManifestStage> earlier, StageResult result, string folder, MergeOptions options)
    {
        HashSet<string> companions = [.. stage.Layout.Companions.Select(file => file.Name)];
        return new MergeManifest
        {
            MergeHost = typeof(ManifestStore).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0],
            Merge = MergeIdentity.Of(plan, stage, options),
            Recipe = plan.Recipe.Text,
            Seed = options.Seed,
            Device = options.Device.ToString(),
            Plugins = [.. Plugins(plan)],
            Stages = [.. earlier, Describe(stage, result.Records)],
            Format = stage.Format.Export.Id,
            Files =
            [
                .. result.Files.Order(StringComparer.Ordinal).Select(name => Path.Combine(folder, name)).Select(path => new ManifestFile(
                    Path.GetFileName(path), new FileInfo(path).Length, companions.Contains(Path.GetFileName(path)) ? MergeIdentity.Sha256(path) : null)),
            ],
            Tensors =
            [
                .. stage.Tensors.Zip(result.Records, (tensor, record) =>
                    new ManifestTensor(tensor.Output.Name, tensor.Output.DType.Name, [.. tensor.Output.Shape], record.Digest)),
            ],
            Warnings = [.. plan.Warnings.Select(problem => problem.ToString()), .. NonFinite(result.Records).Select(problem => problem.ToString())],
        };
    }

    /// <summary>Reads the manifest of a folder.</summary>
    /// <returns><see langword="null"/> if there is none, or it cannot be understood.</returns>
    public static MergeManifest? TryRead(string folder)
    {
        try
        {
            return MergeManifest.Parse(File.ReadAllBytes(OutputFolder.ManifestPath(folder)));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or JsonException)
        {
            return null;
        }
    }

    /// <summary>The warnings for tensors that hold NaN or infinities.</summary>
    private static IEnumerable<Problem> NonFinite(IReadOnlyList<TensorRecord> records) => records.Where(record => record.NonFinite > 0)
        .Select(record => new Problem(ErrorCodes.NonFinite, $"tensor '{record.Name}' has {record.NonFinite} values that are NaN or infinite",
            null, null, Severity.Warning));

    private static IEnumerable<ManifestPlugin> Plugins(MergePlan plan) => plan.Stages
        .SelectMany(stage => stage.Exports).Select(export => export.Plugin)
        .DistinctBy(plugin => plugin.Id).OrderBy(plugin => plugin.Id, StringComparer.Ordinal)
        .Select(plugin => new ManifestPlugin(plugin.Id, plugin.Version.ToString(), MergeIdentity.Sha256(plugin.AssemblyPath)));

    private static ManifestStage Describe(StagePlan stage, IReadOnlyList<TensorRecord> records) => new(
        stage.Strategy.Export.Id,
        [.. stage.ReadModels.Select(model => Describe(model, stage, records))],
        stage.Stage.Donor.Name,
        stage.Stage.Name,
        stage.Selection is null ? null : Describe(stage.Selection),
        StageAccounts.Of(stage));

    private static ManifestSelection Describe(SelectionPlan selection) => new(
        [.. selection.Scorers.Select(scorer => scorer.Id)],
        [.. selection.Choices!.Where(choice => choice.IsChosen).Select(choice => new ManifestChoice(choice.Pair.Name, choice.Score))]);

    private static ManifestInput Describe(InputModel model, StagePlan stage, IReadOnlyList<TensorRecord> records)
    {
        IEnumerable<string> digests = stage.Tensors.Zip(records).SelectMany(pair => pair.First.Read.Zip(pair.Second.Inputs))
            .Where(pair => pair.First.Model == model).Select(pair => pair.Second);
        return new ManifestInput(
            model.Name,
            [.. model.WeightFiles.Select(path => new ManifestFile(Path.GetFileName(path), new FileInfo(path).Length))],
            TensorDigest.OfAll(digests),
            model.Transforms.ToArray() is { Length: > 0 } transforms ? transforms : null);
    }
}
