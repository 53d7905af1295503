using System.Globalization;
using MergeHost.Checkpoints;
using MergeHost.Plugins.Gguf;
using MergeHost.Testing;

namespace MergeHost.Plugins.Tests.Gguf;

/// <summary>Right files, wrong in a few bytes chosen at random: whatever comes of it, it is a checkpoint or
/// a <see cref="CheckpointException"/>.</summary>
/// <remarks><c>MERGEHOST_MUTANTS=100000</c> tries more of them than fit a daily run.</remarks>
public sealed class GgufMutationTests : IDisposable
{
    private const long MostAllocatedBytes = 64 << 20;

    private static readonly int _count =
        int.TryParse(Environment.GetEnvironmentVariable("MERGEHOST_MUTANTS"), CultureInfo.InvariantCulture, out int count) ? count : 2_000;

    private readonly TemporaryFolder _folder = new();

    [Theory]
    [InlineData("unknown")]
    [InlineData("llama")]
    [InlineData("qwen3moe")]
    public void Open_OfMutatedFiles_ThrowsNothingButCheckpointExceptions(string architecture)
    {
        byte[] whole = architecture switch
        {
            "llama" => Llama(),
            "qwen3moe" => Experts(),
            _ => Unknown(),
        };
        int opened = Try("model.gguf", whole, CopyAll);

        // Both ways are taken: mutants that do no harm are opened, and others are not.
        Assert.InRange(opened, _count / 1000, _count * 3 / 4);
    }

    [Theory]
    [InlineData("imatrix.gguf")]
    [InlineData("imatrix.dat")]
    public void ChooseTypes_ByMutatedImportanceMatrices_ThrowsNothingButCheckpointExceptions(string name)
    {
        TensorInfo[] tensors = [new("model.layers.0.mlp.up_proj.weight", DType.BF16, [3, 32])];
        byte[] whole = name == "imatrix.gguf"
            ? new GgufBytes { DataBytes = 160 }.Key("general.type", "imatrix")
                .Tensor("blk.0.ffn_up.weight.in_sum2", GgufBytes.F32, 0, 32).Tensor("blk.0.ffn_up.weight.counts", GgufBytes.F32, 128, 1)
                .ToArray()
            : [.. ImportanceMatrixTests.Old(("blk.0.ffn_up.weight", 2, new float[32])), .. GgufBytes.U32(2), .. GgufBytes.U32(4),
                .. "text"u8];
        int read = Try(name, whole, path => new GgufFormat().ChooseTypes(tensors, "q5_1", path));
        Assert.InRange(read, _count / 1000, _count * 3 / 4);
    }

    public void Dispose() => _folder.Dispose();

    // Gives how many could be read.
    private int Try(string name, byte[] whole, Action<string> read)
    {
        Mutator mutator = new(20_260, []);
        int opened = 0;
        for (int i = 0; i < _count; i++)
        {
            byte[] mutant = mutator.Mutate(whole);
            string path = _folder.Write(name, mutant);
            long before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                read(path);
                opened++;
            }
            catch (CheckpointException exception)
            {
                Assert.Contains(_folder.Path, exception.Message, StringComparison.Ordinal);
            }
            catch (Exception exception)
            {
                Assert.Fail($"mutant {i}, {Convert.ToBase64String(mutant)}: {exception}");
            }

            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, MostAllocatedBytes);
        }

        return opened;
    }

    private static byte[] Unknown() =>
        GgufBytes.Good().Key("a.count", 4, GgufBytes.U32(7)).Key("a.flag", 7, [1]).Key("a.rate", 6, BitConverter.GetBytes(0.5f))
            .Key("a.list", 9, [.. GgufBytes.U32(5), .. GgufBytes.U64(2), .. GgufBytes.U64(3)])
            .Key("tokenizer.ggml.tokens", 9, Texts("a", "bc"))
            .Tensor("y", 2, 32, 32, 2).WithData(96).ToArray();

    private static byte[] Llama() =>
        Model("llama").Key("llama.rope.scaling.type", "linear").Key("llama.rope.scaling.factor", 6, BitConverter.GetBytes(2f))
            .Key("tokenizer.ggml.model", "llama").Key("tokenizer.ggml.tokens", 9, Texts("<unk>", "<s>", "a"))
            .Key("tokenizer.ggml.scores", 9, [.. GgufBytes.U32(6), .. GgufBytes.U64(3), .. new byte[12]])
            .Key("tokenizer.ggml.token_type", 9,
                [.. GgufBytes.U32(5), .. GgufBytes.U64(3), .. GgufBytes.U32(2), .. GgufBytes.U32(3), .. GgufBytes.U32(1)])
            .Tensor("token_embd.weight", GgufBytes.F32, 0, 8, 3).Tensor("rope_freqs.weight", GgufBytes.F32, 96, 2)
            .Tensor("blk.0.attn_q.weight", 1, 128, 8, 8).Tensor("blk.0.attn_k.weight", 8, 256, 32, 4).WithData(392).ToArray();

    private static byte[] Experts() =>
        Model("qwen3moe").Key("qwen3moe.expert_count", 4, GgufBytes.U32(2)).Key("qwen3moe.expert_used_count", 4, GgufBytes.U32(1))
            .Key("tokenizer.ggml.model", "gpt2").Key("tokenizer.ggml.pre", "qwen2").Key("tokenizer.ggml.tokens", 9, Texts("a", "b", "ab"))
            .Key("tokenizer.ggml.merges", 9, Texts("a b"))
            .Tensor("token_embd.weight", 30, 0, 8, 3).Tensor("blk.0.ffn_gate_inp.weight", GgufBytes.F32, 64, 8, 2)
            .Tensor("blk.0.ffn_up_exps.weight", 1, 128, 8, 4, 2).WithData(256).ToArray();

    private static GgufBytes Model(string architecture) => new GgufBytes().Key("general.architecture", architecture)
        .Key($"{architecture}.block_count", 4, GgufBytes.U32(1)).Key($"{architecture}.embedding_length", 4, GgufBytes.U32(8))
        .Key($"{architecture}.attention.head_count", 4, GgufBytes.U32(2))
        .Key($"{architecture}.attention.head_count_kv", 4, GgufBytes.U32(2))
        .Key($"{architecture}.attention.layer_norm_rms_epsilon", 6, BitConverter.GetBytes(1e-5f));

    private static byte[] Texts(params string[] texts) =>
        [.. GgufBytes.U32(8), .. GgufBytes.U64((ulong)texts.Length), .. texts.SelectMany(GgufBytes.Text)];

    // Reads all that there is, and begins to write it again.
    private void CopyAll(string path)
    {
        using ICheckpointReader reader = new GgufFormat().Open(path);
        foreach (TensorInfo tensor in reader.Tensors)
        {
            reader.Read(tensor, 0, new byte[tensor.LengthBytes]);
        }

        Assert.All(reader.Metadata, entry => Assert.NotNull(entry.Value));
        Assert.All(reader.Companions, companion => Assert.NotNull(companion.ReadBytes()));
        TensorInfo[] tensors = [.. reader.Tensors.Zip(new GgufFormat().ChooseTypes(reader.Tensors, (string?)null),
            (tensor, type) => tensor with { DType = type })];
        string folder = Directory.CreateDirectory(_folder["copy"]).FullName;
        using ICheckpointWriter writer = new GgufFormat()
            .Create(folder, new CheckpointLayout { Tensors = tensors, Companions = reader.Companions });
    }
}
