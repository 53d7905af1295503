using MergeHost.Checkpoints;
using MergeHost.Plugins.LanguageModel.Models;
using MergeHost.Plugins.LanguageModel.Models.Blocks;
using MergeHost.Runtimes;
using TorchSharp;
using static TorchSharp.torch;

namespace MergeHost.LanguageModel.Tests;

/// <summary>Logits against those of transformers 5.12.1; <c>fixtures/models/make.py</c> made them.</summary>
public class DecoderModelTests
{
    public static TheoryData<string> Architectures =>
    [
        "llama-3", "llama-linear", "llama-yarn", "llama-yarn-mscale", "llama-dynamic", "mistral", "qwen-2", "qwen-3", "gemma-2", "gemma-3",
        "gemma-3-pictures",
        "phi-3", "phi-3-long", "smollm-3", "olmo-2", "gpt-2", "granite", "mixtral", "qwen-2-moe", "qwen-3-moe", "llama-4",
    ];

    [TorchTheory]
    [MemberData(nameof(Architectures))]
    public void Logits_OfEachArchitecture_AreThoseOfTransformers(string name)
    {
        using ICheckpointReader expected = Fixtures.Open(Fixtures.File("models", $"{name}.expected.safetensors"));
        float[] found = EveryFourth(Fixtures.File("models", name), Fixtures.Read<long>(expected, "ids"), float32);
        Assert.True(LargestDifference(Fixtures.Read<float>(expected, "logits"), found) < 2e-5);
    }

    /// <summary>Prompts of two lengths, by themselves and together, over the length at which some change how they rotate.</summary>
    [TorchTheory]
    [MemberData(nameof(Architectures))]
    public void Generate_OfEachArchitecture_GoesOnAsTransformersDoes(string name)
    {
        using ICheckpointReader expected = Fixtures.Open(Fixtures.File("models", $"{name}.expected.safetensors"));
        using ICheckpointReader checkpoint = Fixtures.Open(Fixtures.File("models", name));
        using ICheckpointReader tokenized = new OtherConfig(checkpoint,
            checkpoint.Companions.Single(file => file.Name == "config.json").ReadJson().ToJsonString(),
            Fixtures.File("moe", "base", "tokenizer.json"));
        using Plugins.LanguageModel.LanguageModel model = new(tokenized, CPU, float32);
        int[] ids = [.. Fixtures.Read<long>(expected, "ids").Select(id => (int)id)];
        int[] lengths = [7, 10];

        // A dynamic rotation would change with each token beyond the context, where transformers keeps what it has read.
        int most = Math.Min(14, model.MaxPositions - 10);
        IReadOnlyList<int>[] prompts = [.. lengths.Select(length => (IReadOnlyList<int>)ids[..length])];
        Runtimes.GenerationOptions options = new() { MaxTokens = most };
        Benchmarks.BenchmarkContext context = new() { Folder = "." };
        IReadOnlyList<Runtimes.GeneratedText> together = model.Generate(prompts, options, context);
        foreach ((int index, int length) in lengths.Index())
        {
            int[] greedy = [.. Fixtures.Read<long>(expected, $"greedy_{length}").Select(id => (int)id).Take(most)];
            int end = Array.FindIndex(greedy, model.EndIds.Contains);
            int[] ended = end < 0 ? greedy : greedy[..(end + 1)];
            Assert.Equal(ended, together[index].Tokens.Select(token => token.Id));
            Assert.Equal(ended, model.Generate([prompts[index]], options, context)[0].Tokens.Select(token => token.Id));
        }
    }

    [TorchTheory]
    [MemberData(nameof(Architectures))]
    public void Score_OfContinuationsInOneRow_IsThatOfWholeTexts(string name)
    {
        using ICheckpointReader expected = Fixtures.Open(Fixtures.File("models", $"{name}.expected.safetensors"));
        using ICheckpointReader checkpoint = Fixtures.Open(Fixtures.File("models", name));
        using ICheckpointReader tokenized = new OtherConfig(checkpoint,
            checkpoint.Companions.Single(file => file.Name == "config.json").ReadJson().ToJsonString(),
            Fixtures.File("moe", "base", "tokenizer.json"));
        using Plugins.LanguageModel.LanguageModel model = new(tokenized, CPU, float32);
        using DecoderModel whole = new(checkpoint, CPU, float32);
        int[] ids = [.. Fixtures.Read<long>(expected, "ids").Select(id => (int)id)];

        // The second is longer than the context in which some were trained first; all begin alike.
        int[][] continuations = [ids[12..15], ids[12..Math.Min(24, model.MaxPositions)], [5, 6]];
        TokenScore[][] found = model.Score([new(ids[..12], continuations)], new() { Folder = "." })[0];
        using IDisposable inference = inference_mode();
        using DisposeScope scope = NewDisposeScope();
        foreach ((int index, int[] continuation) in continuations.Index())
        {
            long[] text = [.. ids[..12].Concat(continuation).Select(id => (long)id)];
            Tensor logits = nn.functional.log_softmax(whole.Logits(whole.States(new TokenRows(tensor(text, [1, text.Length])))), -1);
            double[] alone = [.. continuation.Select((id, place) => (double)logits[0, 11 + place, id].item<float>())];
            Assert.All(alone.Zip(found[index]), pair => Assert.Equal(pair.First, pair.Second.LogLikelihood, 2e-5));
        }
    }

    [TorchTheory]
    [InlineData("llama-3")]
    [InlineData("mistral")]
    [InlineData("qwen-3")]
    [InlineData("gemma-2")]
    [InlineData("gpt-2")]
    [InlineData("olmo-2")]
    public void Logits_InBfloat16_AreAsNearAsItsDigitsAllow(string name)
    {
        using ICheckpointReader expected = Fixtures.Open(Fixtures.File("models", $"{name}.expected.safetensors"));
        float[] logits = Fixtures.Read<float>(expected, "logits");
        float[] found = EveryFourth(Fixtures.File("models", name), Fixtures.Read<long>(expected, "ids"), bfloat16);
        double transformers = LargestDifference(logits, Fixtures.Read<float>(expected, "logits_bf16"));
        Assert.InRange(LargestDifference(logits, found), 1e-6, 2 * transformers);
    }

    [TorchFact]
    public void Logits_OfTheFamilysBase_AreWithin1e4OfTransformers()
    {
        using ICheckpointReader expected = Fixtures.Open(Fixtures.File("family", "oracle_logits.safetensors"));
        using ICheckpointReader checkpoint = Fixtures.Family("base");
        using DecoderModel model = new(checkpoint, CPU, float32);
        using IDisposable inference = inference_mode();
        using DisposeScope scope = NewDisposeScope();
        Tensor logits = model.Logits(model.States(new TokenRows(tensor(Fixtures.Read<long>(expected, "input_ids")).unsqueeze(0))));
        Assert.True(LargestDifference(Fixtures.Read<float>(expected, "first"), [.. logits[0, 0].data<float>()]) < 1e-4);
        Assert.True(LargestDifference(Fixtures.Read<float>(expected, "last"), [.. logits[0, 15].data<float>()]) < 1e-4);
    }

    [TorchTheory]
    [InlineData("llama-3")]
    [InlineData("mistral")]
    [InlineData("gemma-2")]
    public void States_OfSeveralContinuationsInARow_AreThoseOfEachAlone(string name)
    {
        using ICheckpointReader checkpoint = Fixtures.Open(Fixtures.File("models", name));
        using DecoderModel model = new(checkpoint, CPU, float32);
        using IDisposable inference = inference_mode();
        using DisposeScope scope = NewDisposeScope();
        long[] prompt = [.. Enumerable.Range(0, 30).Select(id => (long)id)];
        Tensor packed = model.States(new TokenRows(
            Row([.. prompt, 40, 41, 50, 51]), Row([.. prompt, 30, 31, 30, 31]), Row([.. Enumerable.Repeat(0L, 30), 1, 1, 2, 2])));
        foreach ((long first, int place) in new[] { (40L, 30), (50L, 32) })
        {
            Tensor alone = model.States(new TokenRows(Row([.. prompt, first, first + 1])));
            Assert.True(LargestDifference([.. alone.narrow(1, 30, 2).contiguous().data<float>()],
                [.. packed.narrow(1, place, 2).contiguous().data<float>()]) < 1e-5);
        }

        static Tensor Row(long[] values) => tensor(values, [1, values.Length]);
    }

    [TorchFact]
    public void Open_WhenATensorHasAnotherShapeThanTheConfiguration_NamesBoth()
    {
        using ICheckpointReader checkpoint = Fixtures.Family("base");
        using ICheckpointReader other = new OtherConfig(checkpoint, """
            {"architectures": ["LlamaForCausalLM"], "hidden_size": 256, "intermediate_size": 512, "vocab_size": 2048,
             "num_hidden_layers": 4,
             "num_attention_heads": 4, "max_position_embeddings": 512}
            """);
        MergeHostException exception = Assert.Throws<MergeHostException>(() => new DecoderModel(other, CPU, float32));
        Assert.Equal(ErrorCodes.ShapeMismatch, exception.Code);
        Assert.Contains("'model.layers.0.self_attn.k_proj.weight': expected shape [256, 256] as config.json has it, found [128, 256]",
            exception.Message, StringComparison.Ordinal);
    }

    [TorchFact]
    public void Open_WhenTheCheckpointHasMoreTensorsThanTheArchitecture_NamesOne()
    {
        using ICheckpointReader checkpoint = Fixtures.Family("base");
        using ICheckpointReader other = new OtherConfig(checkpoint, """
            {"architectures": ["LlamaForCausalLM"], "hidden_size": 256, "intermediate_size": 512, "vocab_size": 2048,
             "num_hidden_layers": 3,
             "num_attention_heads": 4, "num_key_value_heads": 2, "max_position_embeddings": 512}
            """);
        MergeHostException exception = Assert.Throws<MergeHostException>(() => new DecoderModel(other, CPU, float32));
        Assert.Equal(ErrorCodes.CheckpointNotRunnable, exception.Code);
        Assert.Contains("'model.layers.3.", exception.Message, StringComparison.Ordinal);
    }

    private static float[] EveryFourth(string folder, long[] ids, ScalarType type)
    {
        using ICheckpointReader checkpoint = Fixtures.Open(folder);
        using DecoderModel model = new(checkpoint, CPU, type);
        using IDisposable inference = inference_mode();
        using DisposeScope scope = NewDisposeScope();
        Tensor logits = model.Logits(model.States(new TokenRows(tensor(ids, [2, ids.Length / 2]))));
        return [.. logits[TensorIndex.Colon, TensorIndex.Slice(step: 4)].contiguous().data<float>()];
    }

    private static double LargestDifference(float[] expected, float[] found)
    {
        Assert.Equal(expected.Length, found.Length);
        return expected.Zip(found, (a, b) => Math.Abs((double)a - b)).Max();
    }
}
