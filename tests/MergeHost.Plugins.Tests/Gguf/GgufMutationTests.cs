using System.Globalization;
using System.Text;
using MergeHost.Checkpoints;
using MergeHost.Plugins.Gguf;
using MergeHost.Testing;

namespace MergeHost.Plugins.Tests.Gguf;

/// <summary>Right files, wrong in a few bytes chosen at random: whatever comes of it, it is a checkpoint or a <see cref="CheckpointException"/>.</summary>
/// <remarks><c>MERGEHOST_MUTANTS=100000</c> tries more of them than fit a daily run.</remarks>
public sealed class GgufMutationTests : IDisposable
{
    private const long MostAllocatedBytes = 64 << 20;

    private static readonly int _count =
        int.TryParse(Environment.GetEnvironmentVariable("MERGEHOST_MUTANTS"), CultureInfo.InvariantCulture, out int count) ? count : 2_000;

    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void Open_OfMutatedFiles_ThrowsNothingButCheckpointExceptions()
    {
        byte[] content = GgufBytes.Good().Key("a.count", 4, GgufBytes.U32(7)).Key("a.flag", 7, [1]).Key("a.rate", 6, BitConverter.GetBytes(0.5f))
            .Key("a.list", 9, [.. GgufBytes.U32(5), .. GgufBytes.U64(2), .. GgufBytes.U64(3)])
            .Key("tokenizer.ggml.tokens", 9, [.. GgufBytes.U32(8), .. GgufBytes.U64(2), .. GgufBytes.Text("a"), .. GgufBytes.Text("bc")])
            .Tensor("y", 2, 32, 32, 2).ToArray();
        byte[] whole = [.. content, .. new byte[64]];
        Random random = new(20_260);
        int opened = 0;
        for (int i = 0; i < _count; i++)
        {
            byte[] mutant = Mutate(whole, random);
            string path = _folder.Write("model.gguf", mutant);
            long before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                opened += ReadAll(path);
            }
            catch (CheckpointException exception)
            {
                Assert.Contains(path, exception.Message, StringComparison.Ordinal);
            }
            catch (Exception exception)
            {
                Assert.Fail($"mutant {i}, {Convert.ToBase64String(mutant)}: {exception}");
            }

            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, MostAllocatedBytes);
        }

        // Both ways are taken: mutants that do no harm are opened, and others are not.
        Assert.InRange(opened, _count / 1000, _count * 3 / 4);
    }

    public void Dispose() => _folder.Dispose();

    private static byte[] Mutate(byte[] content, Random random)
    {
        List<byte> mutant = [.. content];
        for (int changes = random.Next(1, 4); changes > 0 && mutant.Count > 0; changes--)
        {
            int place = random.Next(mutant.Count);
            switch (random.Next(4))
            {
                case 0:
                    mutant[place] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    mutant[place] = (byte)(random.Next(2) == 0 ? 0xFF : 0x00);
                    break;
                case 2:
                    mutant.RemoveRange(place, random.Next(1, Math.Min(8, mutant.Count - place) + 1));
                    break;
                default:
                    int length = random.Next(1, Math.Min(40, mutant.Count - place) + 1);
                    mutant.InsertRange(random.Next(mutant.Count), mutant.GetRange(place, length));
                    break;
            }
        }

        return [.. mutant];
    }

    private static int ReadAll(string path)
    {
        using ICheckpointReader reader = new GgufFormat().Open(path);
        foreach (TensorInfo tensor in reader.Tensors)
        {
            reader.Read(tensor, 0, new byte[tensor.LengthBytes]);
        }

        Assert.Equal(reader.Metadata.Count, reader.Metadata.Select(entry => Encoding.UTF8.GetByteCount(entry.Value)).Count());
        return reader.Companions.Sum(companion => companion.ReadBytes().Length) > 0 ? 1 : 0;
    }
}
