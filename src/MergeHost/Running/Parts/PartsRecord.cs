using System.Text.Json;
using MergeHost.Output;
using MergeHost.Plans;
using MergeHost.Reports;
using MergeHost.Running.Records;
using MergeHost.Storage;

namespace MergeHost.Running.Parts;

/// <summary>What all parts of a stage have in common, in the folder that they share: <c>.parts/plan.json</c>.</summary>
/// <param name="Merge">What tells one merge from another.</param>
/// <param name="Program">The builds of the program and of its kernels, whose arithmetic might differ.</param>
/// <param name="InputFiles">The files that are read, as they were.</param>
internal sealed record PartsRecord(string Merge, string Program, IReadOnlyList<ManifestInputFile> InputFiles)
{
    private const string Name = "plan.json";
    private const int MostBytes = 1 << 28;

    private static readonly JsonSerializerOptions _json =
        new() { RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true, WriteIndented = true };

    /// <summary>Of a stage's parts.</summary>
    public static PartsRecord Of(MergePlan plan, StagePlan stage, string merge) => new(
        merge, MergeIdentity.Program,
        [.. plan.InputFilesOf(stage).Select(file => new ManifestInputFile(file.Name, file.Identity))]);

    /// <summary>Makes sure that a folder's parts are those of this plan; the first to come says so.</summary>
    /// <exception cref="OutputException">They are of another recipe, other inputs or another build of the program.</exception>
    public void Claim(OutputPlace place)
    {
        string path = Path.Combine(place.PartsPath, Name);
        if (!File.Exists(path))
        {
            string own = $"{path}.{Guid.NewGuid():N}";
            DurableFile.Write(own, JsonSerializer.SerializeToUtf8Bytes(this, _json));
            try
            {
                File.Move(own, path, overwrite: false);
            }
            catch (IOException) when (File.Exists(path))
            {
                // Another part was faster.
                File.Delete(own);
            }
        }

        if (Difference(Read(path, place)) is { } difference)
        {
            throw OutputException.OtherParts(place.Path, place.PartsPath, difference);
        }
    }

    private static PartsRecord? Read(string path, OutputPlace place)
    {
        try
        {
            return JsonSerializer.Deserialize<PartsRecord>(BoundedFile.ReadBytes(path, MostBytes), _json);
        }
        catch (JsonException)
        {
            throw OutputException.OtherParts(place.Path, place.PartsPath, $"'{Name}' in it is not what was written");
        }
    }

    private string? Difference(PartsRecord? other)
    {
        if (other is null || other.Merge != Merge)
        {
            return "they are of another recipe, or were begun with another seed, shard size, device or plugin";
        }

        if (other.Program != Program)
        {
            return "they were begun by another build of MergeHost";
        }

        Dictionary<string, string> inputs = other.InputFiles.ToDictionary(file => file.Name, file => file.Identity);
        ManifestInputFile? changed = InputFiles.FirstOrDefault(file => inputs.GetValueOrDefault(file.Name) != file.Identity);
        return changed is not null ? $"'{changed.Name}' has changed since they were begun"
            : InputFiles.Count != inputs.Count ? "other files were read when they were begun"
            : null;
    }
}
