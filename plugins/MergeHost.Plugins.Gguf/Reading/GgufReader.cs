using System.Globalization;
using MergeHost.Checkpoints;
using MergeHost.Plugins.Gguf.Names;
using MergeHost.Plugins.Gguf.Names.Tokens;
using MergeHost.Storage.Folders;

namespace MergeHost.Plugins.Gguf.Reading;

/// <summary>An open checkpoint of one file or several.</summary>
internal sealed class GgufReader : FileCheckpoint<GgufReader.StoredTensor>
{
    private GgufReader(CheckpointFiles files, IReadOnlyList<string> names)
    {
        WeightFiles = [.. names.Select(files.PathOf)];
    }

    /// <summary>Opens files and reads their headers.</summary>
    /// <exception cref="CheckpointException">A header breaks the rules, or the files are not of one checkpoint.</exception>
    public static GgufReader Open(CheckpointFiles files)
    {
        IReadOnlyList<string> names = GgufFiles.Find(files);
        return Opened(() => new GgufReader(files, names), reader => reader.ReadHeaders(files, names));
    }

    /// <inheritdoc/>
    protected override void Read(StoredTensor stored, long firstElement, long offsetBytes, Span<byte> destination) =>
        stored.Tensor.Read(stored.Start, offsetBytes, destination, stored.File.Read);

    private void ReadHeaders(CheckpointFiles files, IReadOnlyList<string> names)
    {
        List<CheckpointFile> open = [];
        List<GgufHeader> headers = [];
        foreach (string name in names)
        {
            open.Add(Keep(() => files.Open(name)));
            headers.Add(GgufHeader.Read(HeaderSource.Of(open[^1])));
        }

        SplitCheck.Check(headers);
        Metadata metadata = headers[0].Metadata;
        Metadata = [.. metadata.Entries.Select(entry => KeyValuePair.Create(entry.Key, entry.ToString()))];
        if (metadata.Text(ModelKind.TypeKey) == AdapterMap.Kind)
        {
            ReadAdapter(metadata, open, headers);
            return;
        }

        Problem? oddity = ModelKind.Check(metadata, headers.Sum(header => header.Tensors.Count));
        NameMap map = NameMap.Of(metadata);
        List<MadeTensor> made = [];
        List<TensorInfo> unknown = [];
        List<TensorRange> ranges = [];
        foreach ((GgufTensor tensor,
            CheckpointFile file) in open.Zip(headers).SelectMany(part => part.Second.Tensors.Select(tensor => (tensor, part.First))))
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
                Add(part, tensor, file);
            }
        }

        TensorRanges = ranges;
        Companions = CompanionMap.Make(metadata, made, Tensors);
        Warnings = [.. headers.SelectMany(header => header.Warnings), .. oddity is null ? (Problem[])[] : [oddity],
            .. Oddities(metadata, Companions.Any(file => file.Name == TokenizerMap.ConfigFile), made, unknown, headers)];
    }

    private void ReadAdapter(Metadata metadata, List<CheckpointFile> files, List<GgufHeader> headers)
    {
        (GgufTensor Tensor, CheckpointFile File)[] stored = [.. files.Zip(headers)
            .SelectMany(part => part.Second.Tensors.Select(tensor => (tensor, part.First)))];
        (IReadOnlyList<HubTensor> tensors, CompanionFile config) = AdapterMap.ToHub(metadata, [.. stored.Select(part => part.Tensor.Info)]);
        foreach ((HubTensor tensor, (GgufTensor own, CheckpointFile file)) in tensors.Zip(stored))
        {
            Add(tensor, own, file);
        }

        TensorRanges = [.. stored.Select(part => new TensorRange(part.File.Path, part.Tensor.Start, part.Tensor.Info.LengthBytes))];
        Companions = [config];
        Warnings = [.. headers.SelectMany(header => header.Warnings)];
    }

    private void Add(HubTensor part, GgufTensor tensor, CheckpointFile file)
    {
        if (Holds(part.Info.Name))
        {
            throw CheckpointException.BadTensor(file.Path, tensor.Info.Name, $"two tensors are '{part.Info.Name}' to Hugging Face");
        }

        Add(part.Info, new StoredTensor(part, file, tensor.Start));
    }

    private static IEnumerable<Problem> Oddities(Metadata metadata, bool hasTokenizer, List<MadeTensor> made, List<TensorInfo> unknown,
        List<GgufHeader> headers)
    {
        GgufTensor embedding = headers.SelectMany(header => header.Tensors)
            .FirstOrDefault(tensor => tensor.Info?.Name == "token_embd.weight");
        MetadataEntry? tokens = metadata.Find(TokenizerMap.Prefix + "tokens");
        if (tokens is not null && embedding.Info is { Shape.Rank: 2 } rows && rows.Shape[0] != tokens.Count)
        {
            yield return Oddity.Of(metadata.Path,
                string.Create(CultureInfo.InvariantCulture,
                    $"the tokenizer has {tokens.Count:N0} tokens, the embedding {rows.Shape[0]:N0} rows"));
        }

        if (tokens is not null && !hasTokenizer && metadata.Find(TokenizerMap.Prefix + "model")?.Text is { } kind)
        {
            yield return Oddity.Of(
                metadata.Path,
                $"the tokenizer, of kind '{CheckpointException.Printable(kind)}', cannot be written as Hugging Face's files; only GGUF "
                    + "files get it");
        }

        if (made.Count > 0 && ModelKind.FamilyOf(metadata) is { } architecture
            && RopeScaling.ToConfig(metadata, architecture, made) is null)
        {
            yield return Oddity.Of(metadata.Path,
                $"'{made[0].Info.Name}' scales positions in a way that config.json has no words for; only GGUF files get it");
        }

        if (unknown.Count > 0)
        {
            yield return Oddity.Of(
                metadata.Path,
                $"{unknown.Count} tensors keep the names that they have in GGUF, since no others are known, first '{unknown[0].Name}'");
        }
    }

    /// <param name="Tensor">The tensor, as Hugging Face has it.</param>
    /// <param name="File">Where it is stored.</param>
    /// <param name="Start">Where GGUF's tensor begins in the file.</param>
    internal sealed record StoredTensor(HubTensor Tensor, CheckpointFile File, long Start);
}
