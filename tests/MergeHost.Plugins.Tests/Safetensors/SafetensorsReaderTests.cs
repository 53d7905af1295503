using System.Buffers.Binary;
using MergeHost.Checkpoints;
using MergeHost.Plugins.Safetensors;
using MergeHost.Testing;

namespace MergeHost.Plugins.Tests.Safetensors;

/// <summary>A checkpoint that PyTorch wrote: numbers taken from it with Python's struct module.</summary>
public sealed class SafetensorsReaderTests
{
    private static readonly string _folder = Path.Combine(AppContext.BaseDirectory, "fixtures", "tiny-llama");

    [Fact]
    public void Tensors_OfACheckpointThatPyTorchWrote_HaveItsNamesAndShapes()
    {
        using ICheckpointReader reader = new SafetensorsFormat().Open(_folder);
        Assert.Equal(39, reader.Tensors.Count);
        Assert.Contains(new TensorInfo("model.embed_tokens.weight", DType.BF16, [512, 64]), reader.Tensors);
        Assert.Contains(new TensorInfo("model.layers.3.self_attn.k_proj.weight", DType.BF16, [32, 64]), reader.Tensors);
        Assert.Contains(new TensorInfo("model.norm.weight", DType.BF16, [64]), reader.Tensors);
        Assert.Empty(reader.Warnings);
    }

    [Theory]
    [InlineData("model.embed_tokens.weight", 0, 0x3A7A)]
    [InlineData("model.embed_tokens.weight", 16384, 0x3C39)]
    [InlineData("model.layers.1.mlp.down_proj.weight", 1, 0x3AD2)]
    [InlineData("model.layers.1.mlp.down_proj.weight", 6143, 0xBA5D)]
    [InlineData("model.norm.weight", 63, 0x3F83)]
    [InlineData("lm_head.weight", 32767, 0xBC8C)]
    public void Read_OfACheckpointThatPyTorchWrote_GivesItsBits(string name, long element, int bits)
    {
        using ICheckpointReader reader = new SafetensorsFormat().Open(_folder);
        byte[] found = new byte[2];
        reader.Read(reader.Tensors.Single(tensor => tensor.Name == name), element, found);
        Assert.Equal(bits, BinaryPrimitives.ReadUInt16LittleEndian(found));
    }

    [Theory]
    [InlineData("")]
    [InlineData("model.safetensors")]
    public void Companions_OfAFolderOrOfAFileInIt_AreThoseBesideTheWeights(string name)
    {
        using ICheckpointReader reader = new SafetensorsFormat().Open(Path.Combine(_folder, name));
        Assert.Equal(
            ["config.json", "generation_config.json", "special_tokens_map.json", "tokenizer.json", "tokenizer_config.json"],
            reader.Companions.Select(companion => companion.Name).Order(StringComparer.Ordinal));
        Assert.Equal("llama", (string?)reader.Companions.Single(companion => companion.Name == "config.json").ReadJson()["model_type"]);
    }

    [Theory]
    [InlineData("new_embeddings.safetensors")]
    [InlineData("new_embeddings.bin")]
    public void Open_OfAnAdapterWithRowsForNewTokens_RefusesThemByName(string rows)
    {
        using TemporaryFolder folder = Adapter(rows);
        CheckpointException exception = Assert.Throws<CheckpointException>(() => new SafetensorsFormat().Open(folder.Path));
        Assert.Equal(ErrorCodes.ContentUnsupported, exception.Code);
        Assert.Contains($"'{rows}' holds rows for new tokens", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_OfAnAdapterBesideOtherTensors_SaysThatTheyAreNotRead()
    {
        using TemporaryFolder folder = Adapter("value_head.safetensors");
        using ICheckpointReader reader = new SafetensorsFormat().Open(folder.Path);
        Assert.EndsWith("'value_head.safetensors' is not read: the adapter is in 'adapter_model.safetensors'",
            Assert.Single(reader.Warnings).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_OfAFileThatIsNotThere_NamesIt()
    {
        string path = Path.Combine(_folder, "other.safetensors");
        CheckpointException exception = Assert.Throws<CheckpointException>(() => new SafetensorsFormat().Open(path));
        Assert.Equal(ErrorCodes.CheckpointUnreadable, exception.Code);
        Assert.Contains(path, exception.Message, StringComparison.Ordinal);
    }

    private static TemporaryFolder Adapter(string other)
    {
        TemporaryFolder folder = new();
        File.Copy(Path.Combine(_folder, "model.safetensors"), folder["adapter_model.safetensors"]);
        File.WriteAllText(folder["adapter_config.json"], "{}");
        File.WriteAllText(folder[other], "");
        return folder;
    }
}
