using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using MergeHost.Checkpoints;
using static System.FormattableString;

namespace MergeHost.Storage.Folders;

/// <summary>The map from tensors to shards, such as <c>model.safetensors.index.json</c>.</summary>
public sealed partial class ShardIndex
{
    private const int MostBytes = 100_000_000;

    private readonly CheckpointFiles _files;
    private readonly string _path;
    private readonly string _extension;
    private readonly Dictionary<string, string> _shardByTensor = new(StringComparer.Ordinal);
    private readonly List<Problem> _warnings = [];
    private string? _totalSize;

    private ShardIndex(CheckpointFiles files, string name, string extension)
    {
        _files = files;
        _path = files.PathOf(name);
        _extension = extension;
    }

    /// <summary>What is odd.</summary>
    public IReadOnlyList<Problem> Warnings => _warnings;

    /// <summary>Reads an index and checks all that can be told from it alone.</summary>
    /// <param name="files">The files of the checkpoint.</param>
    /// <param name="name">The index among them.</param>
    /// <param name="extension">What the names of the shards end with, such as <c>.safetensors</c>.</param>
    /// <exception cref="CheckpointException">It cannot be read, is not such an index, or names shards that must not be.</exception>
    public static ShardIndex Read(CheckpointFiles files, string name, string extension)
    {
        using CheckpointFile file = files.Open(name);
        if (file.LengthBytes > MostBytes)
        {
            throw CheckpointException.BadIndex(
                file.Path, Invariant($"the index has {file.LengthBytes:N0} bytes; at most {MostBytes:N0} are read"));
        }

        byte[] json = new byte[file.LengthBytes];
        file.Read(0, json);
        ShardIndex index = new(files, name, extension);
        index.Parse(json);
        index.CheckShardNames();
        return index;
    }

    /// <summary>Finds the shards beside the index.</summary>
    /// <returns>Their names, in order.</returns>
    /// <exception cref="CheckpointException">A shard is missing, or a link leads out of the checkpoint's folder.</exception>
    public IReadOnlyList<string> FindShards()
    {
        string[] shards = [.. _shardByTensor.Values.Distinct().Order(StringComparer.Ordinal)];
        string[] missing = [.. shards.Where(shard => !_files.Has(shard) && !_files.Folders.Contains(shard))];
        if (missing.Length > 0)
        {
            throw new CheckpointException(new Problem(
                ErrorCodes.CheckpointUnreadable,
                $"{_path}: {missing.Length} of {shards.Length} shards are missing: '{string.Join("', '", missing)}'",
                "Download them into the index's folder."));
        }

        foreach (string shard in shards)
        {
            if (_files.StrayTarget(shard) is { } target)
            {
                throw CheckpointException.BadIndex(
                    _path,
                    $"shard '{shard}' is a link to '{target}', outside of the checkpoint's folder",
                    "Put the file itself into the folder.");
            }
        }

        return shards;
    }

    /// <summary>Whether a tensor belongs to the checkpoint: the index puts it into this shard.</summary>
    public bool Contains(string tensor, string shard) => _shardByTensor.GetValueOrDefault(tensor) == shard;

    /// <summary>The names of the tensors by shard.</summary>
    public ILookup<string, string> TensorsByShard() => _shardByTensor.ToLookup(entry => entry.Value, entry => entry.Key);

    /// <summary>Compares the index with what the shards hold.</summary>
    /// <param name="found">Every tensor in every shard, with the shard's name.</param>
    /// <returns>What is odd.</returns>
    /// <exception cref="CheckpointException">A tensor is not where the index says, or stands in two shards.</exception>
    public IReadOnlyList<Problem> Match(IReadOnlyList<(TensorInfo Tensor, string Shard)> found)
    {
        Dictionary<string, string> actual = new(found.Count, StringComparer.Ordinal);
        foreach ((TensorInfo tensor, string shard) in found)
        {
            if (!actual.TryAdd(tensor.Name, shard))
            {
                throw CheckpointException.BadIndex(
                    _path, $"tensor {Quote(tensor.Name)} is in both '{actual[tensor.Name]}' and '{shard}'");
            }
        }

        KeyValuePair<string, string>[] absent =
            [.. _shardByTensor.Where(entry => actual.GetValueOrDefault(entry.Key) != entry.Value)];
        if (absent.Length > 0)
        {
            string place = actual.TryGetValue(absent[0].Key, out string? other) ? $"it is in '{other}'" : "no shard holds it";
            throw CheckpointException.BadIndex(
                _path,
                Invariant($"{absent.Length:N0} tensors are not where the index says; {Quote(absent[0].Key)} is to be in ")
                    + $"'{absent[0].Value}', {place}",
                "Download index and shards again, from one and the same revision.");
        }

        return [.. Unlisted(actual.Keys), .. WrongTotal(found)];
    }

    private void Parse(byte[] json)
    {
        StrictJson reader = new(json, reason => CheckpointException.BadIndex(_path, reason));
        reader.Read();
        if (reader.Token != JsonTokenType.StartObject)
        {
            throw CheckpointException.BadIndex(_path, $"the index is {reader.Describe()}; expected an object");
        }

        HashSet<string> names = [];
        while (reader.ReadName() is { } name)
        {
            if (!names.Add(name))
            {
                throw CheckpointException.BadIndex(_path, $"{Quote(name)} stands twice");
            }

            switch (name)
            {
                case "weight_map":
                    ParseMap(ref reader);
                    break;
                case "metadata":
                    ParseMetadata(ref reader);
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        reader.ReadEnd();
        if (_shardByTensor.Count == 0)
        {
            throw CheckpointException.BadIndex(_path, "'weight_map' is missing or empty");
        }
    }

    private void ParseMap(ref StrictJson reader)
    {
        reader.Read();
        if (reader.Token != JsonTokenType.StartObject)
        {
            throw CheckpointException.BadIndex(_path, $"'weight_map' is {reader.Describe()}; expected an object");
        }

        HashSet<string> shards = [];
        while (reader.ReadName() is { } tensor)
        {
            reader.Read();
            if (reader.Token != JsonTokenType.String)
            {
                throw CheckpointException.BadIndex(
                    _path, $"the shard of tensor {Quote(tensor)} is {reader.Describe()}; expected a string");
            }

            if (!shards.TryGetValue(reader.Text(), out string? shard))
            {
                shards.Add(shard = ShardOf(tensor, reader.Text()));
            }

            if (!_shardByTensor.TryAdd(tensor, shard))
            {
                throw CheckpointException.BadIndex(_path, $"tensor {Quote(tensor)} stands twice");
            }
        }
    }

    private string ShardOf(string tensor, string shard) =>
        ShardName().IsMatch(shard) && shard.EndsWith(_extension, StringComparison.Ordinal)
            && !shard.Contains("..", StringComparison.Ordinal)
            ? shard
            : throw CheckpointException.BadIndex(
                _path, $"tensor {Quote(tensor)} is to be in {Quote(shard)}; expected the name of a file in the index's folder");

    private void ParseMetadata(ref StrictJson reader)
    {
        reader.Read();
        if (reader.Token != JsonTokenType.StartObject)
        {
            throw CheckpointException.BadIndex(_path, $"'metadata' is {reader.Describe()}; expected an object");
        }

        HashSet<string> names = [];
        while (reader.ReadName() is { } name)
        {
            if (!names.Add(name))
            {
                throw CheckpointException.BadIndex(_path, $"{Quote(name)} stands twice in 'metadata'");
            }

            reader.Skip();
            if (name == "total_size")
            {
                _totalSize = reader.Describe();
            }
        }
    }

    /// <summary>How many shards there are, if a name is that of one, such as <c>model-00002-of-00004.safetensors</c>.</summary>
    public static int? CountIn(string name) =>
        ShardCount().Match(name) is { Success: true } count && int.TryParse(count.Value, CultureInfo.InvariantCulture, out int shards)
            ? shards
            : null;

    /// <summary>The way out where a folder has several files with tensors and no index.</summary>
    public static string HintWithout(string index, IEnumerable<string> weights) => weights.Any(name => CountIn(name) is not null)
        ? $"Download '{index}' to the same folder: it says which tensor is in which shard."
        : "Name one of the files.";

    // Names like model-00002-of-00004.safetensors tell how many shards there are.
    private void CheckShardNames()
    {
        string[] shards = [.. _shardByTensor.Values.Distinct()];
        foreach (string shard in shards)
        {
            Match count = ShardCount().Match(shard);
            if (count.Success && count.Value.TrimStart('0') != shards.Length.ToString(CultureInfo.InvariantCulture))
            {
                throw CheckpointException.BadIndex(
                    _path, $"'{shard}' is one of {count.Value.TrimStart('0')} shards, the index names {shards.Length}");
            }
        }

        IGrouping<string, string>? alike =
            shards.GroupBy(shard => shard, StringComparer.OrdinalIgnoreCase).FirstOrDefault(group => group.Count() > 1);
        if (alike is not null)
        {
            _warnings.Add(Oddity.Of(_path, $"'{string.Join("' and '", alike)}' differ only in upper and lower case"));
        }
    }

    private IEnumerable<Problem> Unlisted(IEnumerable<string> tensors)
    {
        string[] unlisted = [.. tensors.Where(tensor => !_shardByTensor.ContainsKey(tensor))];
        if (unlisted.Length > 0)
        {
            yield return Oddity.Of(
                _path,
                Invariant($"{unlisted.Length:N0} tensors in the shards are not in the index and left out, first {Quote(unlisted[0])}"));
        }
    }

    private IEnumerable<Problem> WrongTotal(IReadOnlyList<(TensorInfo Tensor, string Shard)> found)
    {
        UInt128 total = 0;
        foreach ((TensorInfo tensor, _) in found)
        {
            total += _shardByTensor.ContainsKey(tensor.Name) ? (UInt128)tensor.LengthBytes : 0;
        }

        // Some writers spell the number with a fraction of zero.
        bool isNumber = decimal.TryParse(_totalSize, NumberStyles.Float, CultureInfo.InvariantCulture, out decimal stated);
        if (_totalSize is not null && !(isNumber && stated == (decimal)total))
        {
            yield return Oddity.Of(_path, Invariant($"'total_size' is {_totalSize}, the tensors have {total} bytes"));
        }
    }

    private static string Quote(string text) => $"'{CheckpointException.Printable(text)}'";

    [GeneratedRegex(@"^[A-Za-z0-9._-]+\z", RegexOptions.CultureInvariant)]
    private static partial Regex ShardName();

    [GeneratedRegex(@"(?<=-[0-9]+-of-)[0-9]+(?=\.[a-z]+\z)", RegexOptions.CultureInvariant)]
    private static partial Regex ShardCount();
}
