using MergeHost.Reports;
using MergeHost.Tests.Running;

namespace MergeHost.Tests.Planning;

public sealed class NamedTypeTests : IDisposable
{
    private readonly MergeBed _bed = new();

    [Theory]
    [InlineData("out-Q8_0.gguf", "", "Q8_0")]
    [InlineData("out.q4_0.gguf", "", "Q4_0")]
    [InlineData("out-F32.gguf", "", "F32")]
    [InlineData("out-BF16.gguf", "", "BF16")]
    [InlineData("out-Q8_0.gguf", "out_type: q4_0", "Q4_0")]
    [InlineData("out-Q8_0.gguf", "output: {gguf: {type: same}}", "BF16")]
    [InlineData("tiny-finance.gguf", "", "BF16")]
    [InlineData("q8_0.gguf", "", "BF16")]
    [InlineData("out-Q8_0", "", "BF16")]
    public void Merge_IntoAFileThatIsNamedAfterAType_StoresItUnlessTheRecipeAsksForAnother(string name, string type, string stored)
    {
        MergeManifest made = _bed.Merge($"merge_method: passthrough\nmodels: [{{model: {MergeBed.Models}base}}]\ndtype: bfloat16\n{type}\n",
            name);
        Assert.Equal(stored,
            made.Tensors.Single(tensor => tensor.Name.Contains("layers.1.mlp.up_proj", StringComparison.Ordinal)
                || tensor.Name == "blk.1.ffn_up.weight").DType);
    }

    // The same recipe under another name is another merge.
    [Fact]
    public void Merge_IntoAFileThatIsRenamedToAnotherType_IsAnotherMerge()
    {
        string recipe = $"merge_method: passthrough\nmodels: [{{model: {MergeBed.Models}base}}]\n";
        Assert.Equal(3, new[] { "a-Q8_0.gguf", "a-Q4_0.gguf", "a.gguf" }.Select(name => _bed.Merge(recipe, name).Merge).Distinct().Count());
    }

    public void Dispose() => _bed.Dispose();
}
