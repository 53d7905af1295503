using static TorchSharp.torch;

namespace MergeHost.Plugins.LanguageModel.Models;

/// <summary>One layer: attention, then a gated feed-forward network, each added to what comes in.</summary>
internal sealed class LlamaLayer : IDisposable
{
    private readonly LlamaConfig _config;
    private readonly int _layer;
    private readonly int? _window;
    private readonly RmsNorm _attentionNorm;
    private readonly RmsNorm _feedForwardNorm;
    private readonly RmsNorm? _queryNorm;
    private readonly RmsNorm? _keyNorm;
    private readonly LinearMap _query;
    private readonly LinearMap _key;
    private readonly LinearMap _value;
    private readonly LinearMap _output;
    private readonly LinearMap _gate;
    private readonly LinearMap _up;
    private readonly LinearMap _down;

    /// <summary>Reads a layer's tensors; biases and norms of queries and keys are used where the checkpoint has them.</summary>
    public LlamaLayer(ModelWeights weights, LlamaConfig config, int layer)
    {
        _config = config;
        _layer = layer;
        _window = config.Windows[layer];
        string prefix = $"model.layers.{layer}";
        (int hidden, int head, int wide) = (config.HiddenSize, config.HeadSize, config.FeedForwardSize);
        _attentionNorm = Norm($"{prefix}.input_layernorm.weight", hidden);
        _query = LinearMap.Read(weights, $"{prefix}.self_attn.q_proj", config.Heads * head, hidden);
        _key = LinearMap.Read(weights, $"{prefix}.self_attn.k_proj", config.KeyValueHeads * head, hidden);
        _value = LinearMap.Read(weights, $"{prefix}.self_attn.v_proj", config.KeyValueHeads * head, hidden);
        _output = LinearMap.Read(weights, $"{prefix}.self_attn.o_proj", hidden, config.Heads * head);
        _queryNorm = weights.Has($"{prefix}.self_attn.q_norm.weight") ? Norm($"{prefix}.self_attn.q_norm.weight", head) : null;
        _keyNorm = weights.Has($"{prefix}.self_attn.k_norm.weight") ? Norm($"{prefix}.self_attn.k_norm.weight", head) : null;
        _feedForwardNorm = Norm($"{prefix}.post_attention_layernorm.weight", hidden);
        _gate = LinearMap.Read(weights, $"{prefix}.mlp.gate_proj", wide, hidden);
        _up = LinearMap.Read(weights, $"{prefix}.mlp.up_proj", wide, hidden);
        _down = LinearMap.Read(weights, $"{prefix}.mlp.down_proj", hidden, wide);

        RmsNorm Norm(string name, int size) => new(weights.Take(name, size), config.NormEpsilon);
    }

    /// <summary>Carries a state of <c>[batch, tokens, hidden]</c> through the layer.</summary>
    public Tensor Apply(Tensor x, RotaryEmbedding rotary, AttentionMask mask, KeyValueCache? cache)
    {
        Tensor attended = x.add(Attend(_attentionNorm.Apply(x), rotary, mask, cache), LastingScalar.One);
        Tensor y = _feedForwardNorm.Apply(attended);
        return attended.add_(_down.Apply(nn.functional.silu(_gate.Apply(y), inplace: true).mul_(_up.Apply(y))), LastingScalar.One);
    }

    public void Dispose()
    {
        foreach (IDisposable? part in new IDisposable?[]
        {
            _attentionNorm, _feedForwardNorm, _queryNorm, _keyNorm, _query, _key, _value, _output, _gate, _up, _down,
        })
        {
            part?.Dispose();
        }
    }

    private Tensor Attend(Tensor x, RotaryEmbedding rotary, AttentionMask mask, KeyValueCache? cache)
    {
        Tensor queries = Heads(_query, _queryNorm, _config.Heads);
        Tensor keys = rotary.Rotate(Heads(_key, _keyNorm, _config.KeyValueHeads));
        Tensor values = Heads(_value, null, _config.KeyValueHeads);
        if (cache is not null)
        {
            (keys, values) = cache.Add(_layer, keys, values);
        }

        Tensor? seen = mask.Find(_window);
        long shared = _config.Heads / _config.KeyValueHeads;
        Tensor mixed = nn.functional.scaled_dot_product_attention(
            rotary.Rotate(queries), keys.repeat_interleave(shared, 1), values.repeat_interleave(shared, 1),
            attn_mask: seen, is_casual: seen is null && keys.shape[2] == x.shape[1]);
        return _output.Apply(mixed.transpose(1, 2).reshape(x.shape[0], x.shape[1], _config.Heads * _config.HeadSize));

        Tensor Heads(LinearMap map, RmsNorm? norm, int count)
        {
            Tensor heads = map.Apply(x).view(x.shape[0], x.shape[1], count, _config.HeadSize);
            return (norm?.Apply(heads) ?? heads).transpose(1, 2);
        }
    }
}
