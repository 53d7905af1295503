using System.Text.Json;
using MergeHost.Checkpoints;
using MergeHost.Storage.Folders;
using static System.FormattableString;

namespace MergeHost.Plugins.Safetensors;

/// <summary>Reads the JSON of a header, and checks all that can be told from one record alone.</summary>
internal ref struct HeaderParser
{
    // As many as PyTorch and NumPy have.
    private const int MostExtents = 64;

    // Far more than any file has, and few enough to be read in a second or two.
    private const int MostRecords = 1 << 18;

    // What is kept of metadata, for people.
    private const int MostMetadata = 100;
    private const int MostMetadataChars = 1000;

    private readonly string _path;
    private readonly HashSet<string> _names = [];
    private readonly List<HeaderTensor> _records = [];
    private readonly List<KeyValuePair<string, string>> _metadata = [];
    private readonly List<Problem> _warnings = [];
    private StrictJson _json;
    private int _unknownFields;
    private string _firstUnknown = "";

    private HeaderParser(string path, ReadOnlySpan<byte> json)
    {
        _path = path;
        _json = new StrictJson(json, reason => CheckpointException.BadHeader(path, $"header: {reason}"));
    }

    /// <summary>Reads a header.</summary>
    /// <param name="path">The file, for messages.</param>
    /// <param name="json">The header; begins with <c>{</c>.</param>
    /// <returns>The records in the order of the header, what it says beside them, and what is odd.</returns>
    public static (IReadOnlyList<HeaderTensor> Records, IReadOnlyList<KeyValuePair<string, string>> Metadata,
        IReadOnlyList<Problem> Warnings) Parse(string path, ReadOnlySpan<byte> json)
    {
        HeaderParser parser = new(path, json);
        parser.ReadHeader();
        return (parser._records, parser._metadata, parser._warnings);
    }

    private void ReadHeader()
    {
        bool hasMetadata = false;
        _json.Read();
        while (_json.ReadName() is { } name)
        {
            if (name != TensorName.Metadata)
            {
                ReadTensor(name);
                continue;
            }

            if (hasMetadata)
            {
                throw CheckpointException.BadHeader(_path, $"'{name}' stands twice");
            }

            hasMetadata = true;
            ReadMetadata();
        }

        _json.ReadEnd();
        if (_unknownFields > 0)
        {
            _warnings.Add(Oddity.Of(_path, Invariant($"{_unknownFields:N0} unknown fields, the first is {_firstUnknown}")));
        }
    }

    private void ReadMetadata()
    {
        _json.Read();
        if (_json.Token == JsonTokenType.Null)
        {
            _warnings.Add(Oddity.Of(_path, $"'{TensorName.Metadata}' is null; expected an object"));
            return;
        }

        if (_json.Token != JsonTokenType.StartObject)
        {
            throw CheckpointException.BadHeader(_path, $"'{TensorName.Metadata}' is {_json.Describe()}; expected an object");
        }

        HashSet<string> keys = [];
        while (_json.ReadName() is { } key)
        {
            CheckCount(keys.Count, "keys of metadata");
            if (!keys.Add(key))
            {
                _warnings.Add(Oddity.Of(_path, $"'{CheckpointException.Printable(key)}' stands twice in '{TensorName.Metadata}'"));
            }

            _json.Read();
            if (_json.Token != JsonTokenType.String)
            {
                throw CheckpointException.BadHeader(
                    _path,
                    $"'{CheckpointException.Printable(key)}' in '{TensorName.Metadata}' is {_json.Describe()}; expected a string");
            }

            string value = _json.Text();
            if (key == ShardingInfo.Key)
            {
                _warnings.Add(ShardingInfo.Check(_path, value));
            }
            else if (key != SafetensorsHeader.FormatKey && _metadata.Count < MostMetadata)
            {
                _metadata.Add(new(key.Length > MostMetadataChars ? key[..MostMetadataChars] : key,
                    value.Length > MostMetadataChars ? value[..MostMetadataChars] : value));
            }
        }
    }

    private void ReadTensor(string name)
    {
        CheckCount(_records.Count, "tensors");
        if (TensorName.Refusal(name) is { } refusal)
        {
            throw CheckpointException.BadTensor(_path, name, refusal);
        }

        if (!_names.Add(name))
        {
            throw CheckpointException.BadTensor(_path, name, "stands twice in the header");
        }

        _json.Read();
        if (_json.Token != JsonTokenType.StartObject)
        {
            throw CheckpointException.BadTensor(_path, name, $"the record is {_json.Describe()}; expected an object");
        }

        DType? type = null;
        TensorShape? shape = null;
        (long Begin, long End)? offsets = null;
        while (_json.ReadName("dtype", "shape", "data_offsets") is { } field)
        {
            switch (field)
            {
                case "dtype" when type is null:
                    type = ReadType(name);
                    break;
                case "shape" when shape is null:
                    shape = ReadShape(name);
                    break;
                case "data_offsets" when offsets is null:
                    offsets = ReadOffsets(name);
                    break;
                case "dtype" or "shape" or "data_offsets":
                    throw CheckpointException.BadTensor(_path, name, $"'{field}' stands twice");
                default:
                    SkipUnknown(name, field);
                    break;
            }
        }

        _records.Add(Combine(
            name,
            type ?? throw MissingField(name, "dtype"),
            shape ?? throw MissingField(name, "shape"),
            offsets ?? throw MissingField(name, "data_offsets")));
    }

    private readonly void CheckCount(int count, string what)
    {
        if (count == MostRecords)
        {
            throw CheckpointException.BadHeader(_path, Invariant($"the header has more than {MostRecords:N0} {what}"));
        }
    }

    private DType ReadType(string name)
    {
        _json.Read();
        if (_json.Token != JsonTokenType.String)
        {
            throw CheckpointException.BadTensor(_path, name, $"dtype is {_json.Describe()}; expected a string");
        }

        string token = _json.Text();
        return DType.Find(token) ?? throw CheckpointException.BadTensor(
            _path,
            name,
            $"dtype '{CheckpointException.Printable(token)}' is not known",
            DType.Find(token.ToUpperInvariant()) is { } meant ? $"The format spells it '{meant}'." : null);
    }

    private TensorShape ReadShape(string name)
    {
        Span<long> extents = stackalloc long[MostExtents];
        int rank = ReadCounts(name, "shape", extents);
        try
        {
            return TensorShape.Create(extents[..rank]);
        }
        catch (OverflowException)
        {
            throw CheckpointException.BadTensor(
                _path, name, $"shape [{string.Join(", ", extents[..rank].ToArray())}] has more elements than 63 bits can count");
        }
    }

    private (long Begin, long End) ReadOffsets(string name)
    {
        Span<long> offsets = stackalloc long[2];
        if (ReadCounts(name, "data_offsets", offsets) != 2)
        {
            throw CheckpointException.BadTensor(_path, name, "data_offsets has fewer than 2 numbers");
        }

        return offsets[0] <= offsets[1]
            ? (offsets[0], offsets[1])
            : throw CheckpointException.BadTensor(
                _path, name, Invariant($"data_offsets [{offsets[0]}, {offsets[1]}] are reversed"));
    }

    private int ReadCounts(string name, string field, scoped Span<long> counts)
    {
        _json.Read();
        if (_json.Token != JsonTokenType.StartArray)
        {
            throw CheckpointException.BadTensor(_path, name, $"{field} is {_json.Describe()}; expected an array");
        }

        for (int i = 0; ; i++)
        {
            _json.Read();
            if (_json.Token == JsonTokenType.EndArray)
            {
                return i;
            }

            if (i == counts.Length)
            {
                throw CheckpointException.BadTensor(_path, name, $"{field} has more than {counts.Length} numbers");
            }

            if (!_json.TryCount(out counts[i]))
            {
                throw CheckpointException.BadTensor(
                    _path, name, Invariant($"{field} holds {_json.Describe()}; expected integers from 0 to {long.MaxValue:N0}"));
            }
        }
    }

    private void SkipUnknown(string name, string field)
    {
        _json.Skip();
        if (_unknownFields++ == 0)
        {
            _firstUnknown = $"'{CheckpointException.Printable(field)}' of tensor '{CheckpointException.Printable(name)}'";
        }
    }

    private readonly HeaderTensor Combine(string name, DType type, TensorShape shape, (long Begin, long End) offsets)
    {
        if (shape.ElementCount % type.BlockElements != 0)
        {
            throw CheckpointException.BadTensor(
                _path, name, Invariant($"{shape.ElementCount:N0} elements of {type} do not fill whole bytes"));
        }

        long lengthBytes;
        try
        {
            lengthBytes = type.LengthBytes(shape.ElementCount);
        }
        catch (OverflowException)
        {
            throw CheckpointException.BadTensor(_path, name, $"{type} {shape} takes more bytes than 63 bits can count");
        }

        long spanBytes = offsets.End - offsets.Begin;
        return spanBytes == lengthBytes
            ? new HeaderTensor(new TensorInfo(name, type, shape), offsets.Begin)
            : throw CheckpointException.BadTensor(
                _path, name, Invariant($"{type} {shape} takes {lengthBytes:N0} bytes, data_offsets span {spanBytes:N0}"));
    }

    private readonly CheckpointException MissingField(string name, string field) =>
        CheckpointException.BadTensor(_path, name, $"the record has no {field}");
}
