using MergeHost.Plugins.LanguageModel.Models.Blocks;
using MergeHost.Plugins.LanguageModel.Models.Settings;
using MergeHost.Runtimes;
using static TorchSharp.torch;

namespace MergeHost.Plugins.LanguageModel.Models;

/// <summary>Shown a state of a layer, of <c>[batch, tokens, hidden]</c>, which it does not keep.</summary>
internal delegate void LayerObserver(int layer, ModelState state, Tensor states);

/// <summary>One layer: attention, then a feed-forward network, each added to what comes in.</summary>
internal sealed class DecoderLayer : IDisposable
{
    private readonly DecoderConfig _config;
    private readonly LayerConfig _own;
    private readonly int _layer;
    private readonly Norm? _attentionNorm;
    private readonly Norm? _attendedNorm;
    private readonly Norm? _networkNorm;
    private readonly Norm? _fedNorm;
    private readonly Norm? _queryNorm;
    private readonly Norm? _keyNorm;
    private readonly Norm? _rotatedNorm;
    private readonly LinearMap _query;
    private readonly LinearMap _key;
    private readonly LinearMap _value;
    private readonly LinearMap _output;
    private readonly IFeedForward _network;

    /// <summary>Reads a layer's tensors; biases and norms of queries and keys are used where the checkpoint has them.</summary>
    /// <param name="weights">The checkpoint.</param>
    /// <param name="config">The model's shape.</param>
    /// <param name="root">What stands before its tensors' names.</param>
    /// <param name="layer">The layer's number.</param>
    public DecoderLayer(ModelWeights weights, DecoderConfig config, string root, int layer)
    {
        (_config, _own, _layer) = (config, config.Layers[layer], layer);
        (DecoderArchitecture kind, DecoderTensors names) = (config.Architecture, config.Architecture.Names);
        string prefix = $"{root}{names.Layers}.{layer}";
        string attention = $"{prefix}.{names.Attention}";
        (int hidden, int queries, int keys) = (config.HiddenSize, config.Heads * config.HeadSize, config.KeyValueHeads * config.HeadSize);
        _attentionNorm = Find(names.AttentionNorm);
        (_query, _key, _value) = ReadMaps();
        _output = Map(names.Output, hidden, queries);
        _queryNorm = FindOfHeads("q_norm", queries);
        _keyNorm = FindOfHeads("k_norm", keys);
        _rotatedNorm = _own.NormalizesRotated ? new Norm(NormKind.Rms, null, null, config.NormEpsilon) : null;
        _attendedNorm = Find(names.AttendedNorm);
        _networkNorm = Find(names.NetworkNorm);
        _fedNorm = Find(names.FedNorm);
        _network = config.Mixture is { } mixture && mixture.IsSparse(layer)
            ? new MixtureNetwork(weights, mixture, prefix, names, hidden, config.Activation)
            : new FeedForward(weights, $"{prefix}.{names.Network}", names, (hidden, config.FeedForwardSize), config.Activation,
                kind.IsTransposed);

        Norm? Find(string? name) => name is null ? null : Norm.Read(weights, $"{prefix}.{name}", hidden, kind.Norm, config.NormEpsilon);

        Norm? FindOfHeads(string name, int all) => weights.Has($"{attention}.{name}.weight")
            ? Norm.Read(weights, $"{attention}.{name}", kind.NormsAllHeads ? all : config.HeadSize, kind.Norm, config.NormEpsilon)
            : null;

        LinearMap Map(string name, long outputs, long inputs) =>
            LinearMap.Read(weights, $"{attention}.{name}", outputs, inputs, kind.IsTransposed);

        (LinearMap Query, LinearMap Key, LinearMap Value) ReadMaps() =>
            names.QueryKeyValue is { } all
                && LinearMap.ReadSeveral(weights, $"{attention}.{all}", [queries, keys, keys], hidden,
                    kind.IsTransposed) is [var query, var key, var value]
                ? (query, key, value)
                : (Map(names.Query, queries, hidden), Map(names.Key, keys, hidden), Map(names.Value, keys, hidden));
    }

    /// <summary>Carries a state of <c>[batch, tokens, hidden]</c> through the layer.</summary>
    public Tensor Apply(Tensor x, DecoderPass pass, LayerObserver? observer = null)
    {
        observer?.Invoke(_layer, ModelState.LayerInput, x);
        Tensor attention = Attend(_attentionNorm?.Apply(x) ?? x, pass);
        Tensor attended = x.add(Scaled(_attendedNorm?.Apply(attention) ?? attention), LastingScalar.One);
        Tensor y = _networkNorm?.Apply(attended) ?? attended;
        observer?.Invoke(_layer, ModelState.FeedForwardInput, y);
        Tensor fed = _network.Apply(y);
        return attended.add_(Scaled(_fedNorm?.Apply(fed) ?? fed), LastingScalar.One);
    }

    public void Dispose()
    {
        foreach (IDisposable? part in new IDisposable?[]
        {
            _attentionNorm, _attendedNorm, _networkNorm, _fedNorm, _queryNorm, _keyNorm, _query, _key, _value, _output, _network,
        })
        {
            part?.Dispose();
        }
    }

    private Tensor Scaled(Tensor added) => _config.Scales.Residual is { } scale ? added.mul(LastingScalar.Of(scale)) : added;

    private Tensor Attend(Tensor x, DecoderPass pass)
    {
        Tensor queries = Placed(Heads(_query, _queryNorm, _config.Heads));
        Tensor keys = Placed(Heads(_key, _keyNorm, _config.KeyValueHeads));
        Tensor values = Heads(_value, null, _config.KeyValueHeads);
        if (_own.Temperature is { } temperature)
        {
            queries = queries.mul(pass.Temperature(temperature));
        }

        if (pass.Cache is not null)
        {
            (keys, values) = pass.Cache.Add(_layer, keys, values);
        }

        Tensor? seen = pass.Mask.Find(_own.Span);
        long shared = _config.Heads / _config.KeyValueHeads;
        keys = keys.repeat_interleave(shared, 1);
        values = values.repeat_interleave(shared, 1);
        Tensor mixed = _config.Scales.AttentionCap is null
            ? Wide.Attention(Prescaled(queries), keys, values, seen, isCausal: seen is null && keys.shape[2] == x.shape[1])
            : MixCapped(queries, keys, values, seen!);
        return _output.Apply(mixed.transpose(1, 2).reshape(x.shape[0], x.shape[1], _config.Heads * _config.HeadSize));

        Tensor Heads(LinearMap map, Norm? norm, int count)
        {
            Tensor all = map.Apply(x);
            if (_config.Architecture.NormsAllHeads)
            {
                (all, norm) = (norm?.Apply(all) ?? all, null);
            }

            Tensor heads = all.view(x.shape[0], x.shape[1], count, _config.HeadSize);
            return (norm?.Apply(heads) ?? heads).transpose(1, 2);
        }

        Tensor Placed(Tensor heads)
        {
            Tensor rotated = _own.Rope is { } rope ? pass.Rotary(rope).Rotate(heads) : heads;
            return _rotatedNorm?.Apply(rotated) ?? rotated;
        }
    }

    // What follows divides by the root of the size of a head.
    private Tensor Prescaled(Tensor queries)
    {
        double left = _own.AttentionScale * Math.Sqrt(_config.HeadSize);
        return Math.Abs(left - 1) < 1e-12 ? queries : queries.mul(LastingScalar.Of(left));
    }

    private Tensor MixCapped(Tensor queries, Tensor keys, Tensor values, Tensor seen)
    {
        Tensor scores = SoftCap.Apply(queries.matmul(keys.transpose(-1, -2)).mul(LastingScalar.Of(_own.AttentionScale)),
            _config.Scales.AttentionCap);
        return nn.functional.softmax(scores.masked_fill(seen.logical_not(), LastingScalar.Of(double.NegativeInfinity)), -1, float32)
            .to(values.dtype).matmul(values);
    }
}
