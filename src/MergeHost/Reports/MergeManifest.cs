using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace MergeHost.Reports;

/// <summary>What was made, from what, with what: the file <c>mergehost.json</c> in an output folder.</summary>
/// <remarks>It holds nothing that differs between two runs of one merge: neither times nor thread counts.</remarks>
public sealed record MergeManifest
{
    private const string _end = "\"\n}\n";
    private static readonly string _unsealed = new('0', 2 * SHA256.HashSizeInBytes);
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

    /// <summary>The name and the version of the file's schema; <c>mergehost schema manifest</c> prints it.</summary>
    [JsonPropertyOrder(-1)]
    public string Schema { get; init; } = "manifest/1";

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

    /// <summary>The files that were read, as they were: while they stay so the output is up to date.</summary>
    public required IReadOnlyList<ManifestInputFile> InputFiles { get; init; }

    /// <summary>SHA-256 of the manifest file with zeros in place of these 64 digits; the last property of the file.</summary>
    [JsonPropertyOrder(1)]
    public string Sha256 { get; init; } = _unsealed;

    /// <summary>Whether an earlier run had made it, so that nothing was left to do; never part of the file.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool IsAlreadyComplete { get; init; }

    /// <summary>How good the output is; told by <c>mergehost merge --json</c>, and never part of the file.</summary>
    public EvaluationSummary? Evaluation { get; init; }

    /// <summary>The content of the file.</summary>
    internal byte[] ToBytes()
    {
        MergeManifest manifest = this with { Sha256 = _unsealed, Evaluation = null, IsAlreadyComplete = false };
        byte[] bytes = [.. JsonSerializer.SerializeToUtf8Bytes(manifest, _json), (byte)'\n'];
        Encoding.ASCII.GetBytes(Convert.ToHexStringLower(SHA256.HashData(bytes)), Seal(bytes));
        return bytes;
    }

    /// <summary>Whether a file's content is what was written, to the last byte.</summary>
    internal static bool IsUnchanged(byte[] bytes)
    {
        byte[] copy = [.. bytes];
        if (bytes.Length < _unsealed.Length + _end.Length || !copy.AsSpan().EndsWith(Encoding.ASCII.GetBytes(_end)))
        {
            return false;
        }

        Seal(copy).Fill((byte)'0');
        return Seal(bytes).SequenceEqual(Encoding.ASCII.GetBytes(Convert.ToHexStringLower(SHA256.HashData(copy))));
    }

    /// <exception cref="JsonException">It is no manifest.</exception>
    internal static MergeManifest? Parse(byte[] bytes) => JsonSerializer.Deserialize<MergeManifest>(bytes, _json) is { } manifest
        ? manifest.HasNull ? throw new JsonException("a list holds null") : manifest
        : null;

    /// <summary>The manifest with what a check of its last stage found.</summary>
    internal MergeManifest WithCheck(string? check) =>
        check is null ? this : this with { Stages = [.. Stages.SkipLast(1), Stages[^1] with { Check = check }] };

    // What a list holds is not checked by the serializer.
    private bool HasNull => Plugins.Contains(null!) || Stages.Contains(null!) || Files.Contains(null!) || Tensors.Contains(null!)
        || Warnings.Contains(null!) || InputFiles.Contains(null!);

    private static Span<byte> Seal(byte[] bytes) => bytes.AsSpan(bytes.Length - _end.Length - _unsealed.Length, _unsealed.Length);
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
/// <param name="Window">The checkpoints of a window with their weights, or <see langword="null"/> if models are listed.</param>
public sealed record ManifestStage(
    string Method, IReadOnlyList<ManifestInput> Inputs, string Donor, string? Name = null, ManifestSelection? Selection = null,
    IReadOnlyList<TensorAccount>? Accounts = null, IReadOnlyList<WindowCheckpoint>? Window = null)
{
    /// <summary>What made the models alike, or <see langword="null"/> if nothing did.</summary>
    public IReadOnlyList<AlignmentSummary>? Alignments { get; init; }

    /// <summary>What was done to merged tensors at the end, in order, or <see langword="null"/> if nothing was.</summary>
    public IReadOnlyList<StepSummary>? Then { get; init; }

    /// <summary>What the builder found when it checked the result, or <see langword="null"/> if it did not.</summary>
    public string? Check { get; init; }
}

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
/// <param name="Transforms">The transforms that it was read through, in order, each with its plugin;
/// <see langword="null"/> if there are none.</param>
/// <param name="Origins">The checkpoints of stores that it was read from, in the revisions that they were;
/// <see langword="null"/> if there are none.</param>
public sealed record ManifestInput(
    string Name, IReadOnlyList<ManifestFile> Files, string Digest, IReadOnlyList<string>? Transforms = null,
    IReadOnlyList<string>? Origins = null);

/// <summary>A file.</summary>
/// <param name="Name">Its name, without a folder.</param>
/// <param name="Bytes">Its length.</param>
/// <param name="Sha256">The hash of its content, or <see langword="null"/> for a file with weights.</param>
/// <param name="FrameSha256">
/// For a file with weights of the output, SHA-256 over each run of bytes that belongs to no tensor (header, metadata, gaps): its offset and
/// its length as 64-bit little-endian numbers, and then the bytes. The digests of the tensors cover the other bytes.
/// </param>
public sealed record ManifestFile(string Name, long Bytes, string? Sha256 = null, string? FrameSha256 = null);

/// <summary>A file that was read, as the system told of it: another file of that name, or a change of it, tells.</summary>
/// <param name="Name">Its model and its name.</param>
/// <param name="Identity">Inode, length, and the times of its last modification and change in nanoseconds.</param>
public sealed record ManifestInputFile(string Name, string Identity);

/// <summary>A tensor of the output.</summary>
/// <param name="Name">Its name.</param>
/// <param name="DType">Its dtype.</param>
/// <param name="Shape">Its extents, outermost first.</param>
/// <param name="Digest">XXH128 over the XXH128 of each unit of 65,536 elements, in order, in hexadecimal digits.</param>
/// <param name="Figures">What the builder that made it noted of it, such as the residual of what was cut, by
/// name; <see langword="null"/> if nothing.</param>
public sealed record ManifestTensor(string Name, string DType, IReadOnlyList<long> Shape, string Digest,
    IReadOnlyDictionary<string, double>? Figures = null);
