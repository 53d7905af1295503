using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using MergeHost.Checkpoints;
using MergeHost.Packings;
using MergeHost.Plugins.Packings;
using MergeHost.Plugins.Safetensors;
using MergeHost.Testing;

namespace MergeHost.Plugins.Tests.Packings;

/// <summary>Packed folders, wrong in a few bytes: whatever comes of them, it is a checkpoint or a
/// <see cref="MergeHostException"/>, read and written.</summary>
/// <remarks><c>MERGEHOST_MUTANTS=1000000</c> tries more of them than fit a daily run.</remarks>
public sealed class PackingMutationTests : IDisposable
{
    private const long MostAllocatedBytes = 64 << 20;

    private static readonly int _count =
        int.TryParse(Environment.GetEnvironmentVariable("MERGEHOST_MUTANTS"), CultureInfo.InvariantCulture, out int count) ? count : 4_000;

    private static readonly string _fixtures = Path.Combine(AppContext.BaseDirectory, "fixtures", "quantised");

    private static readonly string[] _names =
    [
        "fp8_block_partial", "fp8_block_ue8m0", "fp8_tensor_static", "gptq_4bit_desc_act", "gptq_3bit", "awq_gemm", "bnb_nf4_double",
        "ct_nvfp4", "ct_mixed", "ct_w4a16_asym_g32",
        "ct_sparse24_fp8_legacy", "mlx_mixed_3_6", "modelopt_nvfp4", "mxfp4_gpt_oss", "hqq_3bit", "quanto_int4", "ao_int8",
        "dsv4_fp4_experts",
    ];

    private static readonly byte[][] _words =
    [
        .. new[] { "0", "-1", "1e99", "4294967296", "9223372036854775807", "null", "true", "[]", "{}", "\"\"", "\"fp8\"", "\"gptq\"",
            "[128,128]", "F8_E4M3", "F8_E8M0", "I32", "U8", "re:(", ".weight_scale", ".qweight" }
            .Select(Encoding.UTF8.GetBytes),
    ];

    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void Read_OfMutatedConfigurations_ThrowsNothingElse() => Try("config.json", (content, mutator) => mutator.Mutate(content));

    // The header alone is changed, and its length set right, so that more than its length is wrong.
    [Fact]
    public void Read_OfMutatedHeaders_ThrowsNothingElse() => Try("model.safetensors", (content, mutator) =>
    {
        int length = (int)BinaryPrimitives.ReadInt64LittleEndian(content);
        byte[] header = mutator.Mutate(content[8..(8 + length)]);
        byte[] size = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(size, header.Length);
        return [.. size, .. header, .. content[(8 + length)..]];
    });

    [Fact]
    public void Read_OfMutatedNumbers_ThrowsNothingElse() => Try("model.safetensors", (content, mutator) =>
    {
        int start = 8 + (int)BinaryPrimitives.ReadInt64LittleEndian(content);
        byte[] data = mutator.Mutate(content[start..]);
        Array.Resize(ref data, content.Length - start);
        return [.. content[..start], .. data];
    });

    public void Dispose() => _folder.Dispose();

    private void Try(string file, Func<byte[], Mutator, byte[]> mutate)
    {
        Mutator mutator = new(20_261, _words);
        int read = 0;
        for (int i = 0; i < _count; i++)
        {
            string name = _names[i % _names.Length];
            string folder = _folder[name];
            if (!Directory.Exists(folder))
            {
                Directory.CreateDirectory(folder);
                foreach (string path in Directory.EnumerateFiles(Path.Combine(_fixtures, name)))
                {
                    File.Copy(path, Path.Combine(folder, Path.GetFileName(path)));
                }
            }

            byte[] mutant = mutate(File.ReadAllBytes(Path.Combine(_fixtures, name, file)), mutator);

            // A new file each time: some file systems wait for the disk when one is written over.
            File.Delete(Path.Combine(folder, file));
            File.WriteAllBytes(Path.Combine(folder, file), mutant);
            long before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                Read(folder);
                read++;
            }
            catch (MergeHostException exception)
            {
                Assert.DoesNotContain(exception.Message, letter => char.IsControl(letter) && letter != '\n');
            }
            catch (Exception exception)
            {
                Assert.Fail($"mutant {i} of {name}, {Convert.ToBase64String(mutant)}: {exception}");
            }

            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, MostAllocatedBytes);
        }

        // Both ways are taken.
        Assert.InRange(read, 1, _count - 1);
    }

    private static void Read(string folder)
    {
        using ICheckpointReader stored = new SafetensorsFormat().Open(folder);
        PackingTransform transform = new();
        if (!transform.Recognises(stored))
        {
            return;
        }

        using ICheckpointReader plain = ((ICheckpointTransform)transform)
            .Apply(stored, new PackingOptions(), new TransformContext(_ => throw new NotSupportedException()));
        byte[] buffer = [];
        foreach (TensorInfo tensor in plain.Tensors.Where(tensor => tensor.LengthBytes <= 1 << 20))
        {
            buffer = buffer.Length == tensor.LengthBytes ? buffer : new byte[tensor.LengthBytes];
            plain.Read(tensor, 0, buffer);
        }

        PackingInput[] inputs = [.. plain.Tensors.Select(tensor => new PackingInput("m", tensor, (IUnpackedCheckpoint)plain, true))];
        transform.Pack(new PackingRequest
        {
            Packing = PackingRequest.Same,
            Layout = new CheckpointLayout { Tensors = plain.Tensors, Companions = plain.Companions },
            Origins = [.. inputs.Select((input, index) => new PackingOrigin([input], index % 2 == 0 ? input : null))],
        });
    }
}
