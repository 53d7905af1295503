using System.Buffers.Binary;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using MergeHost.Checkpoints;
using MergeHost.Storage;
using MergeHost.Storage.Folders;

namespace MergeHost.Plugins.Safetensors;

/// <summary>A file that is to be written: what lies where in it.</summary>
internal sealed class ShardLayout
{
    // What a record takes beside name and shape, with offsets of full width; and what the header takes beside records.
    private const int RecordBytes = 100;
    private const int ExtentBytes = 20;
    private const int FrameBytes = 64;

    // Data from this size on begin with a page, so that they go to the disk, and to their readers, without a copy.
    private const long LeastPagedBytes = 1 << 20;

    private static readonly JsonWriterOptions _jsonOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private ShardLayout(string name, IReadOnlyList<HeaderTensor> records, IReadOnlyList<KeyValuePair<string, string>> metadata)
    {
        Name = name;
        Records = records;
        Head = MakeHead(records, metadata);
    }

    /// <summary>The file's name, without a folder.</summary>
    public string Name { get; }

    /// <summary>The tensors in the order of their bytes.</summary>
    public IReadOnlyList<HeaderTensor> Records { get; }

    /// <summary>All that comes before the data.</summary>
    public byte[] Head { get; }

    /// <summary>The file's length.</summary>
    public long LengthBytes => Head.Length + (Records.Count == 0 ? 0 : Records[^1].End);

    /// <summary>Distributes the tensors of a checkpoint among files, in the checkpoint's order.</summary>
    /// <returns>At least one file.</returns>
    public static IReadOnlyList<ShardLayout> Distribute(CheckpointLayout layout)
    {
        // PEFT reads an adapter from one file, by its name.
        if (layout.Companions.Any(companion => companion.Name == SafetensorsNames.AdapterConfig))
        {
            return [new ShardLayout(SafetensorsNames.Adapter, Place([.. layout.Tensors]), layout.Metadata)];
        }

        List<List<TensorInfo>> shards = [[]];
        int metadataBytes =
            layout.Metadata.Sum(entry =>
                Encoding.UTF8.GetByteCount(JsonEncodedText.Encode(entry.Key, _jsonOptions.Encoder)
                    .ToString() + JsonEncodedText.Encode(entry.Value, _jsonOptions.Encoder)) + 6);
        long frameBytes = FrameBytes + metadataBytes + (layout.ShardSizeBytes < LeastPagedBytes ? 0 : PartialFile.PageBytes);
        long headBytes = frameBytes;
        long dataBytes = 0;
        foreach (TensorInfo tensor in layout.Tensors)
        {
            long recordBytes = MostRecordBytes(tensor);
            bool fits = headBytes + recordBytes <= SafetensorsHeader.MostBytes
                && tensor.LengthBytes <= layout.ShardSizeBytes - headBytes - recordBytes - dataBytes;
            if (!fits && shards[^1].Count > 0)
            {
                shards.Add([]);
                headBytes = frameBytes;
                dataBytes = 0;
            }

            shards[^1].Add(tensor);
            headBytes += recordBytes;
            dataBytes = checked(dataBytes + tensor.LengthBytes);
        }

        return [.. shards.Select((tensors, number) => new ShardLayout(NameOf(number + 1, shards.Count), Place(tensors), layout.Metadata))];
    }

    private static long MostRecordBytes(TensorInfo tensor) =>
        RecordBytes
        + JsonEncodedText.Encode(tensor.Name, _jsonOptions.Encoder).EncodedUtf8Bytes.Length
        + (ExtentBytes * tensor.Shape.Rank);

    private static string NameOf(int number, int count) =>
        count == 1
            ? SafetensorsNames.Single
            : FormattableString.Invariant($"model-{number:D5}-of-{count:D5}{SafetensorsNames.Extension}");

    // The largest elements first: then every tensor begins at a multiple of its elements' size.
    private static List<HeaderTensor> Place(List<TensorInfo> tensors)
    {
        List<HeaderTensor> records = new(tensors.Count);
        long position = 0;
        foreach (TensorInfo tensor in tensors.OrderByDescending(tensor => ElementBytes(tensor.DType)))
        {
            records.Add(new HeaderTensor(tensor, position));
            position += tensor.LengthBytes;
        }

        return records;
    }

    private static int ElementBytes(DType type) => type.BlockElements == 1 ? type.BlockBytes : 1;

    private static byte[] MakeHead(IReadOnlyList<HeaderTensor> records, IReadOnlyList<KeyValuePair<string, string>> metadata)
    {
        using MemoryStream head = new();
        head.Write(stackalloc byte[SafetensorsHeader.PrefixBytes]);
        using (Utf8JsonWriter json = new(head, _jsonOptions))
        {
            WriteJson(json, records, metadata);
        }

        int alignment = records.Count > 0 && records[^1].End >= LeastPagedBytes ? PartialFile.PageBytes : SafetensorsHeader.PrefixBytes;
        while (head.Length % alignment != 0)
        {
            head.WriteByte((byte)' ');
        }

        byte[] bytes = head.ToArray();
        BinaryPrimitives.WriteInt64LittleEndian(bytes, bytes.Length - SafetensorsHeader.PrefixBytes);
        return bytes;
    }

    private static void WriteJson(Utf8JsonWriter json, IReadOnlyList<HeaderTensor> records,
        IReadOnlyList<KeyValuePair<string, string>> metadata)
    {
        json.WriteStartObject();
        json.WriteStartObject(TensorName.Metadata);

        // Without this transformers refuses the file.
        json.WriteString(SafetensorsHeader.FormatKey, "pt");
        foreach ((string key, string value) in metadata)
        {
            json.WriteString(key, value);
        }

        json.WriteEndObject();
        foreach (HeaderTensor record in records)
        {
            json.WriteStartObject(record.Info.Name);
            json.WriteString("dtype", record.Info.DType.Name);
            json.WriteStartArray("shape");
            foreach (long extent in record.Info.Shape)
            {
                json.WriteNumberValue(extent);
            }

            json.WriteEndArray();
            json.WriteStartArray("data_offsets");
            json.WriteNumberValue(record.Begin);
            json.WriteNumberValue(record.End);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }
}
