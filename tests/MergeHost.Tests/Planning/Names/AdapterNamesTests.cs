using MergeHost.Testing;

namespace MergeHost.Tests.Planning.Names;

public sealed class AdapterNamesTests : IDisposable
{
    private readonly RecipeFolder _folder = new RecipeFolder().Add("base", TinyCheckpoint.Llama());

    [Theory]
    [InlineData("base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight", "LoRA")]
    [InlineData("base_model.model.model.layers.0.self_attn.q_proj.lora_B.default.weight", "LoRA")]
    [InlineData("base_model.model.model.layers.0.mlp.up_proj.hada_w1_a", "LoHa")]
    [InlineData("base_model.model.model.layers.0.mlp.up_proj.ia3_l", "IA³")]
    [InlineData("prompt_embeddings", "prompt tuning")]
    public void Find_OfAnAdapter_CallsItThatOnce(string tensor, string kind)
    {
        _folder.Add("adapter", new TinyCheckpoint().Add(tensor, DType.F32, [4, 4]).AddFile("adapter_config.json", "{}"));
        Problem problem = _folder.Error(RecipeFolder.TaskArithmetic("base", "adapter"));
        Assert.Equal((ErrorCodes.NotSupported, 2), (problem.Code, problem.Place!.Line));
        Assert.Equal($"'adapter' is an adapter ({kind}) and no whole model, by its tensor '{tensor}'", problem.Message);
    }

    [Fact]
    public void Find_OfTwoAdapters_NamesBoth()
    {
        TinyCheckpoint adapter = new TinyCheckpoint().Add("a.lora_A.weight", DType.F32, [1, 4]).Add("a.lora_B.weight", DType.F32, [4, 1]);
        _folder.Add("one", adapter).Add("two", adapter);
        Assert.Equal(["'one'", "'two'"],
            _folder.Errors(RecipeFolder.Linear("one", "two")).Select(problem => problem.Message.Split(' ')[0]));
    }

    // An adapter that was never merged in.
    [Fact]
    public void Find_OfAModelWithAnAdapterInside_CallsItThat()
    {
        _folder.Add("both", TinyCheckpoint.Llama().Add("model.layers.0.self_attn.q_proj.lora_A.default.weight", DType.F32, [1, 4]));
        Assert.Contains("is an adapter", _folder.Error(RecipeFolder.Linear("base", "both")).Message, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();
}
