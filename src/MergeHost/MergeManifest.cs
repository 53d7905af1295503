using System.Text.Json;
using System.Text.Json.Serialization;

namespace MergeHost;

/// <summary>What was made, from what, with what: the file <c>mergehost.json</c> in an output folder.</summary>
/// <remarks>It holds nothing that differs between two runs of one merge: neither times nor thread counts.</remarks>
public sealed record MergeManifest
{
    private static readonly JsonSerializerOptions _json = new()
    {
        PropertyNamingPolicy = JsonNames.Policy,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        WriteIndented = true,
        NewLine = "\n",
    };

    /// <summary>The version of MergeHost.</summary>
    public required string MergeHost { get; init; }

    /// <summary>What tells one merge from another: a hash of the recipe, the headers of its inputs, the plugins and the seed.</summary>
    public required string Merge { get; init; }

    /// <summary>The recipe's text.</summary>
    public required string Recipe { get; init; }

    /// <summary>The seed of everything random.</summary>
    public required long Seed { get; init; }

    /// <summary>The device by whose arithmetic the tensors were made.</summary>
    public required string Device { get; init; }

    /// <summary>The plugins that took part.</summary>
    public required IReadOnlyList<ManifestPlugin> Plugins { get; init; }

    /// <summary>The merges of the recipe, in the order in which they ran.</summary>
    public required IReadOnlyList<ManifestStage> Stages { get; init; }

    /// <summary>The format of the output.</summary>
    public required string Format { get; init; }

    /// <summary>The files of the output but this one.</summary>
    public required IReadOnlyList<ManifestFile> Files { get; init; }

    /// <summary>The tensors of the output.</summary>
    public required IReadOnlyList<ManifestTensor> Tensors { get; init; }

    /// <summary>What was worth knowing.</summary>
    public required IReadOnlyList<string> Warnings { get; init; }

    /// <summary>How good the output is; told by <c>mergehost merge --json</c>, and never part of the file.</summary>
    public EvaluationSummary? Evaluation { get; init; }

    internal byte[] ToBytes() => [.. JsonSerializer.SerializeToUtf8Bytes(this, _json), (byte)'\n'];

    internal static MergeManifest? Parse(byte[] bytes) => JsonSerializer.Deserialize<MergeManifest>(bytes, _json);
}

/// <summary>A plugin that took part in a merge.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Version">Its version.</param>
/// <param name="Sha256">The hash of its main assembly, in hexadecimal digits.</param>
public sealed record ManifestPlugin(string Id, string Version, string Sha256);

/// <summary>One merge of a recipe.</summary>
/// <param name="Method">The strategy.</param>
/// <param name="Inputs">The models whose tensors were read.</param>
/// <param name="Donor">The model whose configuration and tokenizer the output got.</param>
/// <param name="Name">The stage's name, or <see langword="null"/>.</param>
/// <param name="Selection">What was chosen by scores, or <see langword="null"/> if everything was merged.</param>
/// <param name="Accounts">What became of each tensor of each model.</param>
public sealed record ManifestStage(
    string Method, IReadOnlyList<ManifestInput> Inputs, string Donor, string? Name = null, ManifestSelection? Selection = null,
    IReadOnlyList<TensorAccount>? Accounts = null);

/// <summary>What a stage chose by scores.</summary>
/// <param name="Scorers">The scorers.</param>
/// <param name="Chosen">The tensors that were restored or frozen; the others were copied.</param>
public sealed record ManifestSelection(IReadOnlyList<string> Scorers, IReadOnlyList<ManifestChoice> Chosen);

/// <summary>A tensor that was chosen.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Score">Its score, or the mean of several scorers' ranks; <see langword="null"/> for what was chosen with its layer.</param>
public sealed record ManifestChoice(string Name, double? Score = null);

/// <summary>A model that took part in a merge.</summary>
/// <param name="Name">As the recipe has it.</param>
/// <param name="Files">The files that hold its weights; none for an earlier stage.</param>
/// <param name="Digest">XXH128 over the digests of all that was read of it.</param>
/// <param name="Transforms">The transforms that it was read through, in order, each with its plugin; <see langword="null"/> if there are none.</param>
public sealed record ManifestInput(string Name, IReadOnlyList<ManifestFile> Files, string Digest, IReadOnlyList<string>? Transforms = null);

/// <summary>A file.</summary>
/// <param name="Name">Its name, without a folder.</param>
/// <param name="Bytes">Its length.</param>
/// <param name="Sha256">The hash of its content, or <see langword="null"/> for weights, whose tensors have digests of their own.</param>
public sealed record ManifestFile(string Name, long Bytes, string? Sha256 = null);

/// <summary>A tensor of the output.</summary>
/// <param name="Name">Its name.</param>
/// <param name="DType">Its dtype.</param>
/// <param name="Shape">Its extents, outermost first.</param>
/// <param name="Digest">XXH128 over the XXH128 of each unit of 65,536 elements, in order, in hexadecimal digits.</param>
public sealed record ManifestTensor(string Name, string DType, IReadOnlyList<long> Shape, string Digest);
