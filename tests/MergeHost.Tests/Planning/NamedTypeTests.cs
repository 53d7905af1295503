using MergeHost.Reports;
using MergeHost.Tests.Running;

namespace MergeHost.Tests.Planning;

public sealed class NamedTypeTests : IDisposable
{
    private readonly MergeBed _bed = new();

    [Theory]
    [InlineData("out-Q8_0.gguf", "", "the type Q8_0")]
    [InlineData("out.q4_k_m.gguf", "", "the type q4_k_m")]
    [InlineData("out-F32.gguf", "", "the type F32")]
    [InlineData("out-BF16.gguf", "", null)]
    [InlineData("out-Q8_0.gguf", "out_type: q8_0", null)]
    [InlineData("out-Q8_0.gguf", "out_type: q4_0", null)]
    [InlineData("tiny-finance.gguf", "", null)]
    [InlineData("out-Q8_0", "", null)]
    public void Merge_IntoAFileThatIsNamedAfterAnotherType_WarnsUnlessTheRecipeAsksForAType(string name, string type, string? word)
    {
        MergeManifest made = _bed.Merge($"merge_method: passthrough\nmodels: [{{model: {MergeBed.Models}base}}]\ndtype: bfloat16\n{type}\n", name);
        Assert.Equal(word, made.Warnings.SingleOrDefault(warning => warning.Contains("is named after", StringComparison.Ordinal))?.Split("named after ")[1].Split(',')[0]);
    }

    public void Dispose() => _bed.Dispose();
}
