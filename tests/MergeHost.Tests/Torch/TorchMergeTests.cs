using MergeHost.Checkpoints;
using MergeHost.Models;
using MergeHost.Tests.Planning;
using MergeHost.Tests.Running;

namespace MergeHost.Tests.Torch;

/// <summary>Merges of PyTorch's files and of distributed checkpoints against those of the same numbers in safetensors.</summary>
public sealed class TorchMergeTests : IDisposable
{
    private readonly MergeBed _bed = new();

    [Theory]
    [InlineData("good/byteorder_big", "pytorch_model.bin")]
    [InlineData("good/deflated", "pytorch_model.bin")]
    [InlineData("good/root_named_by_file", "tiny.v1.bin")]
    [InlineData("good/python2_legacy", "old.pth")]
    [InlineData("dcp/mesh_2x2", "")]
    public void Merge_OfAnyKind_GivesTheBytesThatSafetensorsGive(string name, string file)
    {
        string folder = Path.Combine(MergeBed.Fixtures, "pytorch", name);
        string expected = Path.Combine(folder, "expected.safetensors");
        File.Copy(expected, _bed["same.safetensors"]);
        Dictionary<string, byte[]> ofSafetensors = Merge(_bed["same.safetensors"], expected, "safetensors");
        Dictionary<string, byte[]> ofOther = Merge(Path.Combine(folder, "model", file), expected, "other");
        Assert.NotEmpty(ofOther);
        Assert.Equal(ofSafetensors.Keys.Order(StringComparer.Ordinal), ofOther.Keys.Order(StringComparer.Ordinal));
        Assert.All(ofSafetensors, tensor => Assert.Equal(tensor.Value, ofOther[tensor.Key]));
    }

    public void Dispose() => _bed.Dispose();

    // Half of the one more than the other, so that nothing is merely copied.
    private Dictionary<string, byte[]> Merge(string first, string second, string output)
    {
        _bed.Merge($$"""
            merge_method: linear
            models:
            - {model: {{first}}, parameters: {weight: 0.5} }
            - {model: {{second}}, parameters: {weight: 1} }
            parameters: {normalize: false}
            """, output);
        using ModelResolver models = RecipeFolder.Models();
        ICheckpointReader reader = models.Open(_bed[output]).Open();
        return reader.Tensors.ToDictionary(tensor => tensor.Name, tensor =>
        {
            byte[] bytes = new byte[tensor.LengthBytes];
            reader.Read(tensor, 0, bytes);
            return bytes;
        });
    }
}
