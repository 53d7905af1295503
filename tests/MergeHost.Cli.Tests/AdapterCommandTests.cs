using System.Text.Json;
using System.Text.Json.Nodes;
using MergeHost.Testing;

namespace MergeHost.Cli.Tests;

/// <summary>Adapters by <c>extract</c>, <c>convert --base</c> and <c>compare</c>.</summary>
public sealed class AdapterCommandTests : IDisposable
{
    private const string Base = "recipes/quickstart/base";
    private const string Math = "recipes/quickstart/math";
    private const string Lora = "recipes/quickstart/math-lora";

    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void Extract_PrintsWhatIsLeftOutOfEachMatrix_AndWritesAnAdapterThatComesNearer()
    {
        CliResult extract = Cli.Run("extract", Base, Math, _folder["adapter"], "--rank", "8", "--quiet");
        Assert.Equal(0, extract.ExitCode);
        JsonNode config = JsonNode.Parse(File.ReadAllText(_folder["adapter/adapter_config.json"]))!;
        Assert.Equal(8, config["r"]!.GetValue<int>());
        using JsonDocument manifest = JsonDocument.Parse(File.ReadAllText(_folder["adapter/mergehost.json"]));
        Assert.Contains(manifest.RootElement.GetProperty("tensors").EnumerateArray(),
            tensor => tensor.TryGetProperty("figures", out JsonElement figures)
                && figures.GetProperty("residual").GetDouble() is > 0 and < 1);
        Assert.InRange(Distance(Base + "+" + _folder["adapter"]), 0, 0.7 * Distance(Base));
    }

    [Theory]
    [InlineData("--energy and --noise-edge exclude each other", "--energy", "0.5", "--noise-edge")]
    [InlineData("--rank must be from 1 to 65,536", "--rank", "0")]
    [InlineData("--energy must be above 0, and at most 1", "--energy", "1.5")]
    public void Extract_WithOptionsThatSayNothing_IsRefused(string message, params string[] options)
    {
        CliResult extract = Cli.Run(["extract", Base, Math, _folder["adapter"], .. options]);
        Assert.Equal(2, extract.ExitCode);
        Assert.Contains(message, extract.Talk, StringComparison.Ordinal);
    }

    [Fact]
    public void Convert_OfAnAdapterToGgufAndBack_GivesTheSameChange()
    {
        Assert.Equal(0, Cli.Run("convert", Lora, _folder["lora.gguf"], "--to", "gguf", "--base", Base, "--quiet").ExitCode);
        Assert.Equal(0,
            Cli.Run("convert", _folder["lora.gguf"], _folder["back"], "--to", "safetensors", "--base", Base, "--quiet").ExitCode);
        CliResult compare = Cli.Run("compare", Lora, _folder["back"], "--json", "--quiet");
        JsonElement whole = JsonDocument.Parse(compare.Output).RootElement.GetProperty("pairs")[0].GetProperty("whole");
        Assert.InRange(whole.GetProperty("l2").GetDouble(), 0, 1e-5 * whole.GetProperty("taskVectors").GetProperty("normA").GetDouble());
    }

    [Fact]
    public void Compare_OfAdapters_PrintsHowMuchOfTheirSpacesTheyShare()
    {
        CliResult compare = Cli.Run("compare", Lora, Lora, "--quiet");
        Assert.Equal((0, ""), (compare.ExitCode, compare.Talk));
        Assert.Contains("outputs shared", compare.Output, StringComparison.Ordinal);
        Assert.EndsWith("100.0 %", compare.Output.Split('\n')[2].TrimEnd(), StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    private static double Distance(string model) =>
        JsonDocument.Parse(Cli.Run("compare", model, Math, "--json", "--quiet").Output).RootElement.GetProperty("pairs")[0]
            .GetProperty("whole").GetProperty("l2").GetDouble();
}
