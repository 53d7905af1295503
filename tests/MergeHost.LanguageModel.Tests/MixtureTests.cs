using System.Text.Json.Nodes;
using MergeHost.Checkpoints;
using MergeHost.Plugins.LanguageModel.Models;
using MergeHost.Plugins.LanguageModel.Models.Blocks;
using MergeHost.Testing;
using Microsoft.Extensions.DependencyInjection;
using TorchSharp;
using static TorchSharp.torch;

namespace MergeHost.LanguageModel.Tests;

/// <summary>Mixtures that builder <c>moe</c> makes, run by this runtime.</summary>
public sealed class MixtureTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [TorchTheory]
    [InlineData("llama-3", "", "")]
    [InlineData("llama-3", "", ", names: fused")]
    [InlineData("mistral", "", "")]
    [InlineData("qwen-3", "", "")]
    [InlineData("qwen-3", "", ", names: fused")]
    [InlineData("qwen-2", "shared_experts: [{source_model: BASE, residual_scale: 0}], ", "")]
    public void Logits_OfIdenticalExperts_AreTheDenseModels(string model, string shared, string names)
    {
        string @base = Fixtures.File("models", model);
        string mixture =
            Build($"build: {{moe: {{gate_mode: random, {shared}experts: [{{source_model: BASE}}, {{source_model: BASE}}, {{source_model: "
                + $"BASE}}]{names}}}}}\nbase_model: BASE", @base);

        // A mixture of Mistral looks back at all tokens.
        long[] ids = [.. Enumerable.Range(0, model == "mistral" ? 5 : 24).Select(id => (long)(7 * id % 96))];
        float[] dense = Logits(@base, ids);
        float largest = dense.Max(Math.Abs);
        Assert.All(dense.Zip(Logits(mixture, ids)), pair => Assert.Equal(pair.First, pair.Second, 2e-6f * largest));
    }

    [TorchTheory]
    [InlineData("hidden")]
    [InlineData("hidden_avg")]
    public void Routers_OfHiddenStates_AreThoseOfFloat64(string mode)
    {
        string mixture = Build($$"""
            base_model: BASE
            gate_mode: {{mode}}
            experts:
            - {source_model: BASE, positive_prompts: ["count 12 boats and add 30", "how many letters are in 3 trains?"],
               negative_prompts: ["The quiet river"]}
            - {source_model: BASE, positive_prompts: ["def total(items):\n    return sum(items)", "for (int i = 0; i < n; i++)"],
               negative_prompts: ["It's early.", "count 12"]}
            - {source_model: BASE, positive_prompts: ["Why does the market never end?", "The quiet river carries the boat."]}
            """, Fixtures.File("moe", "base"));
        using ICheckpointReader built = Fixtures.Open(mixture);
        using ICheckpointReader expected = Fixtures.Open(Fixtures.File("moe", "gates", $"{mode}.safetensors"));
        foreach (int layer in new[] { 0, 1 })
        {
            float[] exact = Fixtures.Read<float>(expected, $"exact.model.layers.{layer}.mlp.gate.weight");
            float[] found = Fixtures.Read<float>(built, $"model.layers.{layer}.block_sparse_moe.gate.weight");
            Assert.All(exact.Zip(found), pair => Assert.Equal(pair.First, pair.Second, 1e-5f));
        }
    }

    [TorchFact]
    public void Routers_OfTrueInputs_SendThePromptsTokensToTheirExperts()
    {
        string[][] prompts = [["count 12 boats and add 30", "how many letters are in 3 trains?"],
            ["Why does the market never end?", "The quiet river carries the boat."]];
        string experts = string.Join(", ",
            prompts.Select(texts =>
                $"{{source_model: BASE, positive_prompts: [{string.Join(", ", texts.Select(text => $"\"{text}\""))}]}}"));
        string @base = Fixtures.File("moe", "base");
        string mixture = Build($"build: {{moe: {{gate_mode: true_input, experts: [{experts}]}}}}\nbase_model: BASE", @base);
        using ICheckpointReader built = Fixtures.Open(mixture);
        using Runtimes.IObservableModel model = (Runtimes.IObservableModel)new Plugins.LanguageModel.TorchRuntime()
            .Load(Fixtures.Open(@base), default, threads: 1);
        (int right, int all) = (0, 0);
        foreach ((int expert, string[] texts) in prompts.Index())
        {
            model.Observe([.. texts.Select(text => model.Encode(text, begins: true))], Runtimes.ModelState.FeedForwardInput,
                (_, layer, states) =>
                {
                    float[] router = Fixtures.Read<float>(built, $"model.layers.{layer}.block_sparse_moe.gate.weight");
                    for (int token = 1; token < states.Rows; token++)
                    {
                        double[] scores = [.. router.Chunk(states.Columns).Select(row => Score(row, states.Row(token)))];
                        right += scores[expert] > scores[1 - expert] ? 1 : 0;
                        all++;
                    }
                }, default);
        }

        Assert.InRange(right, 0.9 * all, all);
        JsonNode figures = JsonNode.Parse(File.ReadAllText(Path.Combine(mixture, "mergehost.json")))!["tensors"]!.AsArray()
            .Single(tensor => tensor!["name"]!.GetValue<string>() == "model.layers.1.block_sparse_moe.gate.weight")!["figures"]!;
        Assert.InRange(figures["held_out_right"]!.GetValue<double>(), figures["low"]!.GetValue<double>(),
            figures["high"]!.GetValue<double>());
        Assert.Equal(all / 2, figures["tokens"]!.GetValue<double>());

        static double Score(float[] row, ReadOnlySpan<float> state) => System.Numerics.Tensors.TensorPrimitives.Dot(row, state);
    }

    [TorchTheory]
    [InlineData("mistral", "source_model: BASE, noise_scale: 0.02", "")]
    [InlineData("qwen-3", "source_model: BASE, residual_scale: 0.5", ", names: fused")]
    [InlineData("qwen-2", "source_model: BASE, noise_scale: 0.02", ", shared_experts: [{source_model: BASE, residual_scale: 2}]")]
    public void Check_OfUnlikeExperts_ComparesEachWithTheDenseModelThatItWouldBe(string model, string expert, string rest)
    {
        string recipe = $"build: {{moe: {{gate_mode: random, experts: [{{source_model: BASE}}, {{{expert}}}]{rest}}}}}\nbase_model: BASE";
        string path = _folder["recipe.yaml"];
        Directory.CreateDirectory(_folder["base"]);
        foreach (string file in Directory.EnumerateFiles(Fixtures.File("models", model))
            .Concat(Directory.EnumerateFiles(Fixtures.File("moe", "base"), "tokenizer*.json")))
        {
            File.Copy(file, Path.Combine(_folder["base"], Path.GetFileName(file)));
        }

        File.WriteAllText(path, recipe.Replace("BASE", _folder["base"], StringComparison.Ordinal));
        using ServiceProvider services = new ServiceCollection().BuildServiceProvider();
        using MergeEngine engine = new(services);
        string? check = engine.Merge(path, _folder["out"], new MergeOptions { Check = true }).Stages[0].Check;
        Assert.StartsWith("if all experts are one of the 2, the mixture is the dense model: log-likelihoods agree to ", check,
            StringComparison.Ordinal);
        Assert.InRange(double.Parse(check!.Split("agree to ")[1].Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture), 0,
            1e-5);

        // What is done is checked again on ask, and not otherwise.
        Assert.NotNull(engine.Merge(path, _folder["out"], new MergeOptions { Check = true }).Stages[0].Check);
        File.WriteAllText(path, $"merge_method: passthrough\nmodels: [{{model: {_folder["out"]}}}]\n");
        MergeHostException exception = Assert.Throws<MergeHostException>(() => engine.Merge(path, _folder["other"],
            new MergeOptions { Check = true }));
        Assert.Contains("there is nothing to check", exception.Message, StringComparison.Ordinal);
    }

    [TorchFact]
    public void MoeToDense_ByTheRoutersOfTexts_OfIdenticalExperts_IsTheDenseModel()
    {
        // All experts are one: whatever the routers say, the dense model is the base again.
        string @base = Fixtures.File("moe", "base");
        string mixture = Build("build: {moe: {gate_mode: random, experts: [{source_model: BASE}, {source_model: BASE}]}}\nbase_model: BASE",
            @base);
        string dense = Build($"build: {{moe_to_dense: {{model: {mixture}, texts: [\"count 12 boats\", \"The quiet river\"]}}}}", @base,
            "dense");
        long[] ids = [.. Enumerable.Range(0, 24).Select(id => (long)(7 * id % 300))];
        Assert.All(Logits(@base, ids).Zip(Logits(dense, ids)), pair => Assert.Equal(pair.First, pair.Second, 1e-5f));
    }

    [TorchTheory]
    [InlineData("base_model: BASE\nbuild: {moe: {experts: [{source_model: BASE, positive_prompts: [\"count LONG\"]}, {source_model: BASE, "
        + "positive_prompts: [\"quiet\"]}]}}")]
    [InlineData("build: {moe_to_dense: {model: MIXTURE, texts: [\"count LONG\"]}}")]
    public void Build_ByATextThatIsLongerThanTheModelReads_IsRefused(string recipe)
    {
        string @base = Fixtures.File("moe", "base");
        string mixture = Build("build: {moe: {gate_mode: random, experts: [{source_model: BASE}, {source_model: BASE}]}}\nbase_model: BASE",
            @base);
        string text = recipe.Replace("LONG", string.Join(' ', Enumerable.Repeat("boat", 200)), StringComparison.Ordinal)
            .Replace("MIXTURE", mixture, StringComparison.Ordinal);
        MergeHostException exception = Assert.ThrowsAny<MergeHostException>(() => Build(text, @base, "long"));
        Assert.Equal(ErrorCodes.BuildRefused, exception.Code);
        Assert.Contains("more than the 128 that the model was made for", exception.Message, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    private string Build(string recipe, string @base, string output = "out")
    {
        string path = _folder["recipe.yaml"];
        File.WriteAllText(path, recipe.Replace("BASE", @base, StringComparison.Ordinal));
        using ServiceProvider services = new ServiceCollection().BuildServiceProvider();
        using MergeEngine engine = new(services);
        engine.Merge(path, _folder[output], new MergeOptions());
        return _folder[output];
    }

    private static float[] Logits(string folder, long[] ids)
    {
        using ICheckpointReader checkpoint = Fixtures.Open(folder);
        using DecoderModel model = new(checkpoint, CPU, float32);
        using IDisposable inference = inference_mode();
        using DisposeScope scope = NewDisposeScope();
        return [.. model.Logits(model.States(new TokenRows(tensor(ids, [1, ids.Length])))).contiguous().data<float>()];
    }
}
