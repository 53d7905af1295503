using System.Text;
using MergeHost.Testing;

namespace MergeHost.Tests.Planning;

/// <summary>How task vectors of quantised files are judged.</summary>
public sealed class NoisePlannerTests : IDisposable
{
    private const int Blocks = 512;

    private readonly RecipeFolder _folder = new();

    [Fact]
    public void Plan_OfQuantisedModelsThatLearnedLittle_WarnsBySourceAndKind()
    {
        AddQuantised();
        Problem warning = Assert.Single(_folder.Plan(RecipeFolder.TaskArithmetic("base.gguf", "near.gguf", "far.gguf")).Warnings,
            problem => problem.Code == ErrorCodes.NoisyTaskVector);
        Assert.Contains("'near.gguf'", warning.Message, StringComparison.Ordinal);
        Assert.Contains("in mlp.up_proj (Q4_0)", warning.Message, StringComparison.Ordinal);
        Assert.Equal(2, warning.Place!.Line);
    }

    [Fact]
    public void Plan_WithALimitThatFails_Refuses()
    {
        AddQuantised();
        Problem problem = _folder.Error(RecipeFolder.TaskArithmetic("base.gguf", "near.gguf") + "task_vector_snr: {fail_below: 1}\n");
        Assert.Equal(ErrorCodes.NoisyTaskVector, problem.Code);
    }

    [Fact]
    public void Plan_WithoutALimit_SaysNothing()
    {
        AddQuantised();
        Assert.DoesNotContain(
            _folder.Plan(RecipeFolder.TaskArithmetic("base.gguf", "near.gguf") + "task_vector_snr: {warn_below: 0}\n").Warnings,
            problem => problem.Code == ErrorCodes.NoisyTaskVector);
    }

    [Theory]
    [InlineData("{warn_below: -1}", "warn_below is '-1'")]
    [InlineData("{below: 1}", "'below'")]
    [InlineData("1", "task_vector_snr")]
    public void Plan_OfALimitThatIsNone_NamesIt(string limits, string words)
    {
        _folder.Add("a", TinyCheckpoint.Llama());
        Assert.Contains(words, _folder.Error(RecipeFolder.Linear("a") + $"task_vector_snr: {limits}\n").Message, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    // Of one model each hundredth weight has moved by a step, of the other all by many.
    private void AddQuantised()
    {
        Random random = new(1);
        byte[] codes = new byte[Blocks * 16];
        random.NextBytes(codes);
        Write("base.gguf", codes);
        Write("near.gguf", [.. codes.Select((code, index) => (byte)(index % 50 == 0 ? code ^ 1 : code))]);
        Write("far.gguf", [.. codes.Select(code => (byte)(code ^ 0x88))]);
    }

    // A file of one Q4_0 matrix: blocks of a scale and 32 codes of 4 bits.
    private void Write(string name, byte[] codes)
    {
        using BinaryWriter writer = new(File.Create(_folder[name]));
        void Text(string text)
        {
            writer.Write((long)text.Length);
            writer.Write(Encoding.ASCII.GetBytes(text));
        }

        writer.Write("GGUF"u8);
        writer.Write(3);
        writer.Write(1L);
        writer.Write(1L);
        Text("general.architecture");
        writer.Write(8);
        Text("tiny");
        Text("layers.0.mlp.up_proj.weight");
        writer.Write(2);
        writer.Write(256L);
        writer.Write(Blocks / 8L);
        writer.Write(2);
        writer.Write(0L);
        writer.Write(new byte[(int)((32 - (writer.BaseStream.Position % 32)) % 32)]);
        foreach (byte[] block in codes.Chunk(16))
        {
            writer.Write((Half)0.01f);
            writer.Write(block);
        }

        writer.Write(new byte[32]);
    }
}
