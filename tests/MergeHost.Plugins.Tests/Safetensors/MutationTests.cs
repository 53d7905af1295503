using System.Globalization;
using System.Text;
using MergeHost.Checkpoints;
using MergeHost.Plugins.Safetensors;
using MergeHost.Testing;

namespace MergeHost.Plugins.Tests.Safetensors;

/// <summary>Right files, wrong in a few bytes chosen at random: whatever comes of it, it is a checkpoint or
/// a <see cref="CheckpointException"/>.</summary>
/// <remarks>An exception takes half a millisecond; <c>MERGEHOST_MUTANTS=20000</c> tries more of them than fit a daily run.</remarks>
public sealed class MutationTests : IDisposable
{
    private const string Index = "model.safetensors.index.json";

    private static readonly int _count =
        int.TryParse(Environment.GetEnvironmentVariable("MERGEHOST_MUTANTS"), CultureInfo.InvariantCulture, out int count) ? count : 2_000;

    private static readonly byte[][] _snippets =
    [
        .. new[] { "\"", "{", "}", "[", "]", ",", ":", "-", "0", "9999999999999999999", "\\u0000", "\\ud800", "null", "1e9", "../" }
            .Select(Encoding.UTF8.GetBytes),
        [0xFF], [0x00],
    ];

    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void Open_OfMutatedFiles_ThrowsNothingButCheckpointExceptions()
    {
        byte[] content = SafetensorsText.Whole(
            """
            {"__metadata__":{"format":"pt"},"a":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]},
            "b":{"dtype":"F4","shape":[4],"data_offsets":[8,10]},"c":{"dtype":"BF16","shape":[0],"data_offsets":[10,10]}}
            """, 10);
        OpenMutants(content, "model.safetensors", _count);
    }

    [Fact]
    public void Open_OfMutatedIndexes_ThrowsNothingButCheckpointExceptions()
    {
        const string first = "model-00001-of-00002.safetensors";
        const string second = "model-00002-of-00002.safetensors";
        _folder.Write(first, SafetensorsText.Named("a"));
        _folder.Write(second, SafetensorsText.Named("b"));
        string index = $$"""{"metadata":{"total_size":8},"weight_map":{"a":"{{first}}","b":"{{second}}"} }""";
        OpenMutants(Encoding.UTF8.GetBytes(index), Index, _count / 4);
    }

    public void Dispose() => _folder.Dispose();

    private void OpenMutants(byte[] content, string name, int count)
    {
        Mutator mutator = new(20_260, _snippets);
        int opened = 0;
        for (int i = 0; i < count; i++)
        {
            byte[] mutant = mutator.Mutate(content);
            _folder.Write(name, mutant);
            try
            {
                opened += ReadAll();
            }
            catch (CheckpointException exception)
            {
                Assert.Contains(_folder.Path, exception.Message, StringComparison.Ordinal);
            }
            catch (Exception exception)
            {
                Assert.Fail($"mutant {i}, {Convert.ToBase64String(mutant)}: {exception}");
            }
        }

        // Both ways are taken: mutants that do no harm are opened, and others are not.
        Assert.InRange(opened, count / 1000, count / 2);
    }

    private int ReadAll()
    {
        using ICheckpointReader reader = new SafetensorsFormat().Open(_folder.Path);
        foreach (TensorInfo tensor in reader.Tensors)
        {
            reader.Read(tensor, 0, new byte[tensor.LengthBytes]);
        }

        return 1;
    }
}
