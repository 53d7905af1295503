using System.Globalization;
using System.Text;

namespace Acme.Example;

/// <summary>Reads checkpoints of plain numbers: <c>NAME.tensors</c> has a line for each tensor, its name and extents, and <c>NAME.f32</c> all numbers.</summary>
[CheckpointFormat("example_id", Files = ["*.tensors"])]
public sealed class ExampleFormat : ICheckpointFormat
{
    private const int MostListBytes = 16 << 20;

    /// <inheritdoc/>
    public ICheckpointReader Open(CheckpointFiles files)
    {
        string list = files.Named ?? files.Names.FirstOrDefault(name => name.EndsWith(".tensors", StringComparison.Ordinal))
            ?? throw CheckpointException.Unreadable(files.Path, "there is no *.tensors file");
        string numbers = Path.ChangeExtension(list, ".f32");
        if (!files.Has(numbers))
        {
            throw CheckpointException.Unreadable(files.PathOf(numbers), "there is no such file");
        }

        return new Reader(files, list, numbers);
    }

    private sealed class Reader : ICheckpointReader
    {
        private readonly Dictionary<string, long> _starts = [];
        private readonly CheckpointFile _numbers;

        public Reader(CheckpointFiles files, string list, string numbers)
        {
            string path = files.PathOf(list);
            List<TensorInfo> tensors = [];
            long start = 0;
            foreach (string line in Encoding.UTF8.GetString(files.ReadBytes(list, MostListBytes)).Split('\n', StringSplitOptions.RemoveEmptyEntries))
            {
                string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
                long[] extents = [.. words.Skip(1).Select(word => long.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out long extent) ? extent : -1)];
                if (words.Length == 0 || extents.Contains(-1) || !_starts.TryAdd(words[0], start))
                {
                    throw CheckpointException.BadHeader(path, $"'{CheckpointException.Printable(line)}' is not a new name and its extents");
                }

                try
                {
                    tensors.Add(new TensorInfo(words[0], DType.F32, [.. extents]));
                    start = checked(start + tensors[^1].LengthBytes);
                }
                catch (OverflowException)
                {
                    throw CheckpointException.BadHeader(path, $"'{words[0]}' is larger than a file can be");
                }
            }

            _numbers = files.Open(numbers);
            if (_numbers.LengthBytes != start)
            {
                _numbers.Dispose();
                throw CheckpointException.BadHeader(files.PathOf(numbers), $"expected {start} bytes, found {_numbers.LengthBytes}");
            }

            Tensors = tensors;
            WeightFiles = [path, files.PathOf(numbers)];
            Companions = [.. new[] { "config.json", "tokenizer.json" }.Select(files.Companion).OfType<CompanionFile>()];
        }

        public IReadOnlyList<TensorInfo> Tensors { get; }

        public IReadOnlyList<CompanionFile> Companions { get; }

        public IReadOnlyList<string> WeightFiles { get; }

        public IReadOnlyList<Problem> Warnings => [];

        public void Read(TensorInfo tensor, long firstElement, Span<byte> destination)
        {
            long start = _starts.TryGetValue(tensor.Name, out long first) ? first : throw new ArgumentException($"no tensor '{tensor.Name}'", nameof(tensor));
            _numbers.Read(start + tensor.DType.LengthBytes(firstElement), destination);
        }

        public void Dispose() => _numbers.Dispose();
    }
}
