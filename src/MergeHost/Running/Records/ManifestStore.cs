using System.Reflection;
using System.Text.Json;
using MergeHost.Models;
using MergeHost.Output;
using MergeHost.Plans;
using MergeHost.Reports;
using MergeHost.Running.Data;
using MergeHost.Storage;

namespace MergeHost.Running.Records;

/// <summary>Makes manifests, and reads them back.</summary>
internal static class ManifestStore
{
    private const int MostBytes = 1 << 29;

    /// <summary>Describes a stage that is complete.</summary>
    /// <param name="plan">The recipe's plan.</param>
    /// <param name="stage">The stage.</param>
    /// <param name="merge">What tells it from another merge.</param>
    /// <param name="earlier">The stages before it.</param>
    /// <param name="result">What it made.</param>
    /// <param name="files">Its files.</param>
    /// <param name="options">How it was made.</param>
    public static MergeManifest Make(
        MergePlan plan, StagePlan stage, string merge, IReadOnlyList<ManifestStage> earlier, StageResult result,
        IReadOnlyList<ManifestFile> files,
        MergeOptions options) =>
        new()
        {
            MergeHost = typeof(ManifestStore).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion
                .Split('+')[0],
            Merge = merge,
            Recipe = plan.Recipe.Text,
            Seed = options.Seed,
            Device = options.Device.ToString(),
            Plugins = [.. Plugins(plan)],
            Stages = [.. earlier, Describe(stage, result.Records)],
            Format = stage.Format.Export.Id,
            Files = files,
            Tensors =
            [
                .. stage.Tensors.Zip(result.Records).SelectMany(pair => pair.First.Stored.Zip(pair.Second.Stored, (tensor, digest) =>
                    new ManifestTensor(tensor.Name, tensor.DType.Name, [.. tensor.Shape], digest, pair.Second.Figures))),
            ],
            InputFiles = [.. plan.InputFilesOf(stage).Select(file => new ManifestInputFile(file.Name, file.Identity))],
            Warnings = [.. plan.Warnings.Select(problem => problem.ToString()),
                .. NonFinite(result.Records).Select(problem => problem.ToString())],
        };

    /// <summary>Reads the manifest of an output.</summary>
    /// <returns><see langword="null"/> if there is none, or it is not what was written.</returns>
    public static MergeManifest? TryRead(OutputPlace place) => Read(place) is (MergeManifest manifest, true) ? manifest : null;

    /// <summary>Reads the manifest of an output, whoever wrote to it.</summary>
    /// <returns>The manifest, and whether the file is what was written; <see langword="null"/> if there
    /// is none, or it cannot be understood.</returns>
    public static (MergeManifest Manifest, bool IsUnchanged)? Read(OutputPlace place)
    {
        string path = place.ManifestPath;
        try
        {
            if (FileKind.Unusual(path) is not null || FileIdentity.TryOf(path) is not { LengthBytes: <= MostBytes })
            {
                return null;
            }

            byte[] bytes = File.ReadAllBytes(path);
            return MergeManifest.Parse(bytes) is { } manifest ? (manifest, MergeManifest.IsUnchanged(bytes)) : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or JsonException or NotSupportedException
            or ArgumentException)
        {
            return null;
        }
    }

    /// <summary>The warnings for tensors that hold NaN or infinities.</summary>
    private static IEnumerable<Problem> NonFinite(IReadOnlyList<TensorRecord> records) => records.Where(record => record.NonFinite > 0)
        .Select(record => new Problem(ErrorCodes.NonFinite,
            $"tensor '{record.Name}' has {record.NonFinite} values that are NaN or infinite",
            null, null, Severity.Warning));

    private static IEnumerable<ManifestPlugin> Plugins(MergePlan plan) => plan.Stages
        .SelectMany(stage => stage.Exports).Select(export => export.Plugin)
        .DistinctBy(plugin => plugin.Id).OrderBy(plugin => plugin.Id, StringComparer.Ordinal)
        .Select(plugin => new ManifestPlugin(plugin.Id, plugin.Version.ToString(), OutputFiles.Sha256(plugin.AssemblyPath)));

    private static ManifestStage Describe(StagePlan stage, IReadOnlyList<TensorRecord> records) => new(
        stage.Strategy.Export.Id,
        [.. stage.ReadModels.Select(model => Describe(model, stage, records))],
        stage.Stage.Donor.Name,
        stage.Stage.Name,
        stage.Selection is null ? null : Describe(stage.Selection),
        StageAccounts.Of(stage),
        stage.Window)
    {
        Alignments = stage.Alignments.Count == 0 ? null : [.. stage.Alignments.Select(alignment => alignment.Summary)],
        Then = stage.Then.Count == 0 ? null : [.. stage.Then.Select(step => step.Summary)],
    };

    private static ManifestSelection Describe(SelectionPlan selection) => new(
        [.. selection.Scorers.Select(scorer => scorer.Id)],
        [.. selection.Choices!.Where(choice => choice.IsChosen).Select(choice => new ManifestChoice(choice.Pair.Name, choice.Score))]);

    private static ManifestInput Describe(InputModel model, StagePlan stage, IReadOnlyList<TensorRecord> records)
    {
        IEnumerable<string> digests = stage.Tensors.Zip(records).SelectMany(pair => pair.First.Read.Zip(pair.Second.Inputs))
            .Where(pair => pair.First.Model == model).Select(pair => pair.Second);
        return new ManifestInput(
            model.Name,
            [.. model.Files.Where(file => model.WeightFiles.Contains(file.Path))
                .Select(file => new ManifestFile(Path.GetFileName(file.Path), file.LengthBytes))],
            TensorDigest.OfAll(digests),
            model.Transforms.ToArray() is { Length: > 0 } transforms ? transforms : null,
            model.Origins.ToArray() is { Length: > 0 } origins ? origins : null);
    }
}
