using System.Globalization;
using MergeHost.Checkpoints;
using MergeHost.Plugins.Gguf.Names;
using MergeHost.Storage;
using MergeHost.Storage.Folders;

namespace MergeHost.Plugins.Gguf.Reading;

/// <summary>An open checkpoint of one file or several.</summary>
internal sealed class GgufReader : ICheckpointReader
{
    private readonly List<CheckpointFile> _files = [];
    private readonly Dictionary<string, StoredTensor> _tensors = new(StringComparer.Ordinal);

    private GgufReader(CheckpointFiles files, IReadOnlyList<string> names)
    {
        WeightFiles = [.. names.Select(files.PathOf)];
    }

    /// <inheritdoc/>
    public IReadOnlyList<TensorInfo> Tensors { get; private set; } = [];

    /// <inheritdoc/>
    public IReadOnlyList<CompanionFile> Companions { get; private set; } = [];

    /// <inheritdoc/>
    public IReadOnlyList<string> WeightFiles { get; }

    /// <inheritdoc/>
    public IReadOnlyList<TensorRange> TensorRanges { get; private set; } = [];

    /// <inheritdoc/>
    public IReadOnlyList<Problem> Warnings { get; private set; } = [];

    /// <inheritdoc/>
    public IReadOnlyList<KeyValuePair<string, string>> Metadata { get; private set; } = [];

    /// <summary>Opens files and reads their headers.</summary>
    /// <exception cref="CheckpointException">A header breaks the rules, or the files are not of one checkpoint.</exception>
    public static GgufReader Open(CheckpointFiles files)
    {
        IReadOnlyList<string> names = GgufFiles.Find(files);
        GgufReader reader = new(files, names);
        try
        {
            reader.ReadHeaders(files, names);
            return reader;
        }
        catch
        {
            reader.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Read(TensorInfo tensor, long firstElement, Span<byte> destination)
    {
        StoredTensor stored = _tensors.GetValueOrDefault(tensor.Name)
            ?? throw new ArgumentException($"the checkpoint has no tensor '{tensor.Name}'", nameof(tensor));
        long offset = ElementRun.OffsetBytes(stored.Tensor.Info, firstElement, destination.Length);
        stored.Tensor.Read(stored.Start, offset, destination, stored.File.Read);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (CheckpointFile file in _files)
        {
            file.Dispose();
        }
    }

    private void ReadHeaders(CheckpointFiles files, IReadOnlyList<string> names)
    {
        List<GgufHeader> headers = [];
        foreach (string name in names)
        {
            CheckpointFile file = files.Open(name);
            _files.Add(file);
            headers.Add(GgufHeader.Read(HeaderSource.Of(file)));
        }

        SplitCheck.Check(headers);
        Metadata metadata = headers[0].Metadata;
        Problem? oddity = ModelKind.Check(metadata, headers.Sum(header => header.Tensors.Count));
        NameMap map = NameMap.Of(metadata);
        List<MadeTensor> made = [];
        List<TensorInfo> unknown = [];
        List<TensorRange> ranges = [];
        foreach ((GgufTensor tensor, CheckpointFile file) in _files.Zip(headers).SelectMany(part => part.Second.Tensors.Select(tensor => (tensor, part.First))))
        {
            if (RopeScaling.Made.Contains(tensor.Info.Name) && MadeTensor.CanBe(tensor.Info))
            {
                made.Add(MadeTensor.Read(tensor, HeaderSource.Of(file)));
                continue;
            }

            (IReadOnlyList<HubTensor> parts, bool isKnown) = map.ToHub(tensor.Info);
            unknown.AddRange(isKnown ? [] : [tensor.Info]);

            // What is subtracted from 1 may round away a byte that differs.
            ranges.AddRange(parts.All(part => part.Plus == 0) ? [new TensorRange(file.Path, tensor.Start, tensor.Info.LengthBytes)] : []);
            foreach (HubTensor part in parts)
            {
                if (!_tensors.TryAdd(part.Info.Name, new StoredTensor(part, file, tensor.Start)))
                {
                    throw CheckpointException.BadTensor(file.Path, tensor.Info.Name, $"two tensors are '{part.Info.Name}' to Hugging Face");
                }
            }
        }

        Tensors = [.. _tensors.Values.Select(tensor => tensor.Tensor.Info)];
        TensorRanges = ranges;
        Companions = CompanionMap.Make(metadata, made, Tensors);
        Warnings = [.. headers.SelectMany(header => header.Warnings), .. oddity is null ? (Problem[])[] : [oddity], .. Oddities(metadata, Companions.Any(file => file.Name == TokenizerMap.ConfigFile), made, unknown, headers)];
        Metadata = [.. metadata.Entries.Select(entry => KeyValuePair.Create(entry.Key, entry.ToString()))];
    }

    private static IEnumerable<Problem> Oddities(Metadata metadata, bool hasTokenizer, List<MadeTensor> made, List<TensorInfo> unknown, List<GgufHeader> headers)
    {
        GgufTensor embedding = headers.SelectMany(header => header.Tensors).FirstOrDefault(tensor => tensor.Info?.Name == "token_embd.weight");
        MetadataEntry? tokens = metadata.Find(TokenizerMap.Prefix + "tokens");
        if (tokens is not null && embedding.Info is { Shape.Rank: 2 } rows && rows.Shape[0] != tokens.Count)
        {
            yield return Oddity.Of(metadata.Path, string.Create(CultureInfo.InvariantCulture, $"the tokenizer has {tokens.Count:N0} tokens, the embedding {rows.Shape[0]:N0} rows"));
        }

        if (tokens is not null && !hasTokenizer && metadata.Find(TokenizerMap.Prefix + "model")?.Text is { } kind)
        {
            yield return Oddity.Of(
                metadata.Path, $"the tokenizer, of kind '{CheckpointException.Printable(kind)}', cannot be written as Hugging Face's files; only GGUF files get it");
        }

        if (made.Count > 0 && Architecture.Find(metadata) is { } architecture && RopeScaling.ToConfig(metadata, architecture, made) is null)
        {
            yield return Oddity.Of(metadata.Path, $"'{made[0].Info.Name}' scales positions in a way that config.json has no words for; only GGUF files get it");
        }

        if (unknown.Count > 0)
        {
            yield return Oddity.Of(
                metadata.Path, $"{unknown.Count} tensors keep the names that they have in GGUF, since no others are known, first '{unknown[0].Name}'");
        }
    }

    /// <param name="Tensor">The tensor, as Hugging Face has it.</param>
    /// <param name="File">Where it is stored.</param>
    /// <param name="Start">Where GGUF's tensor begins in the file.</param>
    private sealed record StoredTensor(HubTensor Tensor, CheckpointFile File, long Start);
}
