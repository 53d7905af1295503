using System.Globalization;
using System.IO.Compression;
using MergeHost.Checkpoints;
using MergeHost.Plugins.Dcp;
using MergeHost.Plugins.PyTorch;
using MergeHost.Testing;

namespace MergeHost.Plugins.Tests.PyTorch;

/// <summary>Right files, wrong in a few bytes: whatever comes of it, it is a checkpoint or a <see cref="CheckpointException"/>.</summary>
/// <remarks><c>MERGEHOST_MUTANTS=1000000</c> tries more of them than fit a daily run.</remarks>
public sealed class TorchMutationTests : IDisposable
{
    private const long MostAllocatedBytes = 64 << 20;
    // Of files of a kind that others are mutants of too, a tenth is enough.
    private const int Few = 10;

    private const string Canary = "CANARY_pickle_was_executed";

    private static readonly int _count =
        int.TryParse(Environment.GetEnvironmentVariable("MERGEHOST_MUTANTS"), CultureInfo.InvariantCulture, out int count) ? count : 10_000;

    private readonly TemporaryFolder _folder = new();

    // An archive's checksums find most changes of the pickle; so the pickle is changed, and the archive made anew.
    [Theory]
    [InlineData("good/plain_values_beside", "mixed.pt", 1)]
    [InlineData("good/parameters", "param.pt", Few)]
    public void Open_OfMutatedPickles_ThrowsNothingButCheckpointExceptions(string name, string file, int share)
    {
        (string Name, byte[] Content)[] entries = Entries(File.ReadAllBytes(Path.Combine(new TorchFixture(name).Folder, file)));
        int pickle = Array.FindIndex(entries, entry => entry.Name.EndsWith("/data.pkl", StringComparison.Ordinal));
        byte[] whole = entries[pickle].Content;
        Try(share, "model.bin", _folder["model.bin"], new PyTorchFormat(), random =>
        {
            entries[pickle].Content = Mutate(whole, random);
            return TorchBytes.Archive(entries);
        });
    }

    [Theory]
    [InlineData("good/views_legacy", "views.pt", 1)]
    [InlineData("good/deflated", "pytorch_model.bin", Few)]
    [InlineData("good/zip64", "pytorch_model.bin", Few)]
    public void Open_OfMutatedFiles_ThrowsNothingButCheckpointExceptions(string name, string file, int share)
    {
        byte[] whole = File.ReadAllBytes(Path.Combine(new TorchFixture(name).Folder, file));
        Try(share, "model.bin", _folder["model.bin"], new PyTorchFormat(), random => Mutate(whole, random));
    }

    [Theory]
    [InlineData(".metadata", 1)]
    [InlineData("__0_0.distcp", Few)]
    public void Open_OfMutatedFolders_ThrowsNothingButCheckpointExceptions(string file, int share)
    {
        foreach (string path in Directory.EnumerateFiles(new TorchFixture("dcp/mesh_2x2").Folder))
        {
            File.Copy(path, _folder[Path.GetFileName(path)]);
        }

        byte[] whole = File.ReadAllBytes(_folder[file]);
        Try(share, file, _folder.Path, new DcpFormat(), random => Mutate(whole, random));
    }

    public void Dispose() => _folder.Dispose();

    private void Try(int share, string file, string path, ICheckpointFormat format, Func<Random, byte[]> mutate)
    {
        int count = _count / share;
        Random random = new(20_261);
        int opened = 0;
        byte[] buffer = [];
        for (int i = 0; i < count; i++)
        {
            byte[] mutant = mutate(random);

            // A new file each time: some file systems wait for the disk when one is written over.
            File.Delete(_folder[file]);
            _folder.Write(file, mutant);
            long before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                using ICheckpointReader reader = format.Open(path);
                foreach (TensorInfo tensor in reader.Tensors.Where(tensor => tensor.LengthBytes <= 1 << 20))
                {
                    buffer = buffer.Length == tensor.LengthBytes ? buffer : new byte[tensor.LengthBytes];
                    reader.Read(tensor, 0, buffer);
                }

                opened++;
            }
            catch (CheckpointException exception)
            {
                Assert.Contains(_folder.Path, exception.Message, StringComparison.Ordinal);
                Assert.DoesNotContain(exception.Message, char.IsControl);
            }
            catch (Exception exception)
            {
                Assert.Fail($"mutant {i}, {Convert.ToBase64String(mutant)}: {exception}");
            }

            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, MostAllocatedBytes);
        }

        // Both ways are taken: mutants that do no harm are opened, and others are not.
        Assert.InRange(opened, count / 1000, count * 19 / 20);
        Assert.False(File.Exists(Canary));
    }

    private static (string Name, byte[] Content)[] Entries(byte[] file)
    {
        using ZipArchive archive = new(new MemoryStream(file));
        return [.. archive.Entries.Select(entry =>
        {
            using MemoryStream content = new();
            using Stream stream = entry.Open();
            stream.CopyTo(content);
            return (entry.FullName, content.ToArray());
        })];
    }

    private static byte[] Mutate(byte[] content, Random random)
    {
        List<byte> mutant = [.. content];
        for (int changes = random.Next(1, 4); changes > 0 && mutant.Count > 0; changes--)
        {
            int place = random.Next(mutant.Count);
            switch (random.Next(5))
            {
                case 0:
                    mutant[place] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    mutant[place] = (byte)(random.Next(2) == 0 ? 0xFF : 0x00);
                    break;
                case 2:
                    mutant[place] = (byte)random.Next(256);
                    break;
                case 3:
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
}
