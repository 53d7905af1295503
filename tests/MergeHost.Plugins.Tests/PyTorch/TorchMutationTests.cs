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
        Try(share, "model.bin", _folder["model.bin"], new PyTorchFormat(), mutator =>
        {
            entries[pickle].Content = mutator.Mutate(whole);
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
        Try(share, "model.bin", _folder["model.bin"], new PyTorchFormat(), mutator => mutator.Mutate(whole));
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
        Try(share, file, _folder.Path, new DcpFormat(), mutator => mutator.Mutate(whole));
    }

    public void Dispose() => _folder.Dispose();

    private void Try(int share, string file, string path, ICheckpointFormat format, Func<Mutator, byte[]> mutate)
    {
        int count = _count / share;
        Mutator mutator = new(20_261, []);
        int opened = 0;
        byte[] buffer = [];
        for (int i = 0; i < count; i++)
        {
            byte[] mutant = mutate(mutator);

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
}
