using MergeHost.Runtimes;
using static TorchSharp.torch;

namespace MergeHost.Plugins.LanguageModel.Models;

/// <summary>Shown a state of a layer, of <c>[batch, tokens, hidden]</c>, which it does not keep.</summary>
internal delegate void LayerObserver(int layer, ModelState state, Tensor states);

/// <summary>One layer: attention, then a gated feed-forward network, each added to what comes in.</summary>
internal sealed class LlamaLayer : IDisposable
{
    private readonly LlamaConfig _config;
    private readonly int _layer;
    private readonly int? _window;
    private readonly RmsNorm _attentionNorm;
    private readonly RmsNorm _feedForwardNorm;
    private readonly RmsNorm? _attendedNorm;
    private readonly RmsNorm? _fedNorm;
    private readonly RmsNorm? _queryNorm;
    private readonly RmsNorm? _keyNorm;
    private readonly LinearMap _query;
    private readonly LinearMap _key;
    private readonly LinearMap _value;
    private readonly LinearMap _output;
    private readonly IFeedForward _network;

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
        _feedForwardNorm = Norm($"{prefix}.{(config.IsGemma ? "pre_feedforward" : "post_attention")}_layernorm.weight", hidden);
        _attendedNorm = config.IsGemma ? Norm($"{prefix}.post_attention_layernorm.weight", hidden) : null;
        _fedNorm = config.IsGemma ? Norm($"{prefix}.post_feedforward_layernorm.weight", hidden) : null;
        _network = config.Mixture is { } mixture && mixture.IsSparse(layer)
            ? new MixtureNetwork(weights, mixture, layer, hidden)
            : new GatedNetwork(weights, $"{prefix}.mlp", ("gate_proj", "up_proj", "down_proj"), hidden, wide, config.IsGemma);

        RmsNorm Norm(string name, int size) => new(weights.Take(name, size), config.NormEpsilon, config.IsGemma);
    }

    /// <summary>Carries a state of <c>[batch, tokens, hidden]</c> through the layer.</summary>
    public Tensor Apply(Tensor x, RotaryEmbedding rotary, AttentionMask mask, KeyValueCache? cache, LayerObserver? observer = null)
    {
        observer?.Invoke(_layer, ModelState.LayerInput, x);
        Tensor attention = Attend(_attentionNorm.Apply(x), rotary, mask, cache);
        Tensor attended = x.add(_attendedNorm?.Apply(attention) ?? attention, LastingScalar.One);
        Tensor y = _feedForwardNorm.Apply(attended);
        observer?.Invoke(_layer, ModelState.FeedForwardInput, y);
        Tensor fed = _network.Apply(y);
        return attended.add_(_fedNorm?.Apply(fed) ?? fed, LastingScalar.One);
    }

    public void Dispose()
    {
        foreach (IDisposable? part in new IDisposable?[]
        {
            _attentionNorm, _feedForwardNorm, _attendedNorm, _fedNorm, _queryNorm, _keyNorm, _query, _key, _value, _output, _network,
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
        keys = keys.repeat_interleave(shared, 1);
        values = values.repeat_interleave(shared, 1);
        Tensor mixed = _config.AttentionCap is null
            ? nn.functional.scaled_dot_product_attention(Scale(rotary.Rotate(queries)), keys, values, attn_mask: seen, is_casual: seen is null && keys.shape[2] == x.shape[1])
            : MixCapped(Scale(rotary.Rotate(queries)), keys, values, seen!);
        return _output.Apply(mixed.transpose(1, 2).reshape(x.shape[0], x.shape[1], _config.Heads * _config.HeadSize));

        Tensor Heads(LinearMap map, RmsNorm? norm, int count)
        {
            Tensor heads = map.Apply(x).view(x.shape[0], x.shape[1], count, _config.HeadSize);
            return (norm?.Apply(heads) ?? heads).transpose(1, 2);
        }
    }

    // What follows divides by the root of the size of a head.
    private Tensor Scale(Tensor queries) => _config.AttentionScale is { } scale ? queries.mul(LastingScalar.Of(Math.Sqrt(_config.HeadSize / scale))) : queries;

    private Tensor MixCapped(Tensor queries, Tensor keys, Tensor values, Tensor seen)
    {
        Tensor scores = SoftCap.Apply(queries.matmul(keys.transpose(-1, -2)).div(LastingScalar.Of(Math.Sqrt(_config.HeadSize))), _config.AttentionCap);
        return nn.functional.softmax(scores.masked_fill(seen.logical_not(), LastingScalar.Of(double.NegativeInfinity)), -1, float32).to(values.dtype).matmul(values);
    }
}
