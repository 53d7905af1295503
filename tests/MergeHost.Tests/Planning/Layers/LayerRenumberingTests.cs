using System.Text.Json.Nodes;
using MergeHost.Testing;

namespace MergeHost.Tests.Planning.Layers;

/// <summary>What config.json says of single layers follows them, or the merge is refused.</summary>
public sealed class LayerRenumberingTests : IDisposable
{
    private readonly RecipeFolder _folder = new();

    // d is a dense layer, m one of experts; the layers are taken in this order.
    [Theory]
    [InlineData("dmmm", """{"first_k_dense_replace": 1}""", "1 2 3", """{"first_k_dense_replace": 0}""")]
    [InlineData("dmmm", """{"first_k_dense_replace": 1}""", "0 1 2 3 2 3", """{"first_k_dense_replace": 1}""")]
    [InlineData("ddmm", """{"num_dense_layers": 2}""", "0 1 0 1 2 3", """{"num_dense_layers": 4}""")]
    [InlineData("mmmm", """{"moe_layers": [0, 1, 2, 3]}""", "0 1 2 3 2 3", """{"moe_layers": [0, 1, 2, 3, 4, 5]}""")]
    [InlineData("dmdm", """{"moe_layers": [1, 3]}""", "1 2 3", """{"moe_layers": [0, 2]}""")]
    [InlineData("dmdm", """{"interleave_moe_layer_step": 2}""", "1 2 3", """{"interleave_moe_layer_step": 2, "moe_layers": [0, 2]}""")]
    [InlineData("dmdm", """{"interleave_moe_layer_step": 2}""", "0 1 2 3 2 3", """{"interleave_moe_layer_step": 2}""")]
    [InlineData("dmdm", """{"decoder_sparse_step": 2, "mlp_only_layers": []}""", "1 2 3",
        """{"decoder_sparse_step": 1, "mlp_only_layers": [1]}""")]
    [InlineData("mdmm", """{"decoder_sparse_step": 1, "mlp_only_layers": [1]}""", "0 1 1 2",
        """{"decoder_sparse_step": 1, "mlp_only_layers": [1, 2]}""")]
    [InlineData("dmdm", """{"expert_layer_period": 2, "expert_layer_offset": 1}""", "1 2 3",
        """{"expert_layer_period": 2, "expert_layer_offset": 0}""")]
    [InlineData("mddd", """{"attn_layer_period": 4, "attn_layer_offset": 0}""", "1 2 0 3",
        """{"attn_layer_period": 4, "attn_layer_offset": 2}""")]
    [InlineData("mddd", """{"attn_layer_period": 4, "attn_layer_offset": 0}""", "1 2 3 2 1",
        """{"attn_layer_period": 6, "attn_layer_offset": 5}""")]
    [InlineData("dmdd", """{"attn_layer_indices": [1]}""", "0 1 2 0 1 2", """{"attn_layer_indices": [1, 4]}""")]
    [InlineData("dmdd", """{"full_attention_interval": 2, "layer_types": ["a", "b", "a", "a"]}""", "1 2",
        """{"full_attention_interval": 2, "layer_types": ["b", "a"]}""")]
    [InlineData("dmdm", """{"full_attention_interval": 2}""", "1 2",
        """{"full_attention_interval": 2, "layer_types": ["full_attention", "linear_attention"]}""")]
    [InlineData("dmdm", """{"hybrid_override_pattern": "MEME"}""", "1 1 2", """{"hybrid_override_pattern": "EEM"}""")]
    [InlineData("dmdm", """{"linear_attn_config": {"kda_layers": [1, 3], "full_attn_layers": [2, 4]}}""", "1 2 3",
        """{"linear_attn_config": {"kda_layers": [2], "full_attn_layers": [1, 3]}}""")]
    [InlineData("dmmm", "{}", "0 1 2 1 2 3", "{}")]
    [InlineData("dddd", """{"no_rope_layers": [1, 1, 1, 0]}""", "3 0", """{"no_rope_layers": [0, 1]}""")]
    public void Plan_OfSlices_SetsWhatTheFieldsSayOfLayers(string kinds, string fields, string layers, string expected)
    {
        Add(kinds, fields);
        JsonObject config = _folder.Plan(Slices(layers)).Stages[0].Layout.Companions.Single(file => file.Name == "config.json").ReadJson();
        foreach ((string key, JsonNode? value) in (JsonObject)JsonNode.Parse(expected)!)
        {
            Assert.Equal(value?.ToJsonString(), config[key]?.ToJsonString());
        }

        Assert.Equal(layers.Split(' ').Length, config["num_hidden_layers"]!.GetValue<int>());
        Assert.Equal(expected.Contains("moe_layers", StringComparison.Ordinal), config.ContainsKey("moe_layers"));
    }

    // No number of leading layers says that a dense layer comes later; nobody knows the field of the last.
    [Theory]
    [InlineData("dmmm", """{"first_k_dense_replace": 1}""", "1 0 2", "'first_k_dense_replace'")]
    [InlineData("dmdm", """{"moe_layer_freq": 2, "first_k_dense_replace": 0}""", "1 0", "'moe_layer_freq'")]
    [InlineData("dmdm", """{"a_rule_of_its_own": 2}""", "1 2", "the place of a layer")]
    [InlineData("dmmm", """{"a_rule_of_its_own": 2}""", "1 2", "'first layer'")]
    public void Plan_OfSlicesThatNoFieldCanDescribe_IsAnErrorByTheLayersNumber(string kinds, string fields, string layers, string said)
    {
        Add(kinds, fields);
        Problem problem = _folder.Error(Slices(layers));
        Assert.Equal(ErrorCodes.BadConfig, problem.Code);
        Assert.Contains(said, problem.Message, StringComparison.Ordinal);
        Assert.Contains("layer 0 of the output is layer 1 of 'm'",
            problem.Message.Replace("layer 1 of the output is layer 0", "layer 0 of the output is layer 1", StringComparison.Ordinal),
            StringComparison.Ordinal);
    }

    // Gemma 3n's embeddings for each layer lie in one tensor.
    [Theory]
    [InlineData("0 1 2 1", true)]
    [InlineData("0 1", true)]
    [InlineData("0 1 2", false)]
    public void Plan_OfSlicesBesideATensorForAllLayers_IsAnErrorUnlessTheLayersStay(string layers, bool isRefused)
    {
        _folder.Add("m",
            TinyCheckpoint.Llama(layers: 3).Configure("hidden_size_per_layer_input", 2)
                .Add("model.embed_tokens_per_layer.weight", DType.BF16, [8, 6]));
        if (!isRefused)
        {
            Assert.NotNull(_folder.Plan(Slices(layers)));
            return;
        }

        Problem problem = _folder.Error(Slices(layers));
        Assert.Equal(ErrorCodes.NotSupported, problem.Code);
        Assert.StartsWith("tensor 'model.embed_tokens_per_layer.weight' holds a part for each of the 3 layers of 'm'", problem.Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Plan_OfAConfigurationOfMoreLayersThanThereAre_Warns()
    {
        _folder.Add("m", TinyCheckpoint.Llama().Configure("num_hidden_layers", 9));
        Problem warning = Assert.Single(_folder.Plan(RecipeFolder.Linear("m")).Warnings);
        Assert.Equal("'m': config.json says 9 layers, the tensors are of 2", warning.Message);
    }

    public void Dispose() => _folder.Dispose();

    private void Add(string kinds, string fields)
    {
        TinyCheckpoint checkpoint = TinyCheckpoint.Llama(layers: kinds.Length);
        for (int layer = 0; layer < kinds.Length; layer++)
        {
            string mlp = $"model.layers.{layer}.mlp.";
            if (kinds[layer] == 'm')
            {
                checkpoint.Remove(mlp + "up_proj.weight").Add(mlp + "experts.0.up_proj.weight", DType.BF16, [8, 4])
                    .Add(mlp + "experts.1.up_proj.weight", DType.BF16, [8, 4]);
            }
        }

        foreach ((string key, JsonNode? value) in (JsonObject)JsonNode.Parse(fields)!)
        {
            checkpoint.Configure(key, value?.DeepClone());
        }

        _folder.Add("m", checkpoint);
    }

    private static string Slices(string layers)
    {
        IEnumerable<string> slices = layers.Split(' ').Select(int.Parse)
            .Select(layer => $"{{sources: [{{model: m, layer_range: [{layer}, {layer + 1}]}}]}}");
        return $"merge_method: passthrough\nslices: [{string.Join(", ", slices)}]\n";
    }
}
