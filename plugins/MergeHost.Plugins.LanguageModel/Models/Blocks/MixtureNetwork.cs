using MergeHost.Plugins.LanguageModel.Models.Settings;
using TorchSharp;
using static TorchSharp.torch;

namespace MergeHost.Plugins.LanguageModel.Models.Blocks;

/// <summary>A mixture of experts: a router sends each token to a few of them, and adds up what they give by their likelihood.</summary>
internal sealed class MixtureNetwork : IFeedForward
{
    private readonly MixtureConfig _config;
    private readonly Tensor _router;
    private readonly FeedForward[] _experts;
    private readonly FeedForward? _shared;
    private readonly Tensor? _sharedGate;

    /// <summary>Reads a layer's experts, each by itself or all in one tensor.</summary>
    /// <param name="weights">The checkpoint.</param>
    /// <param name="config">The experts.</param>
    /// <param name="prefix">The layer's name.</param>
    /// <param name="names">What tensors are called.</param>
    /// <param name="hidden">The size of a state.</param>
    /// <param name="activation">What networks do between their matrices.</param>
    public MixtureNetwork(ModelWeights weights, MixtureConfig config, string prefix, DecoderTensors names, int hidden,
        ActivationKind activation)
    {
        _config = config;
        string own = $"{prefix}.{names.Network}";
        string old = config.HasMixtralNames ? $"{prefix}.block_sparse_moe" : own;
        DecoderTensors parts = config.HasMixtralNames ? new() { Gate = "w1", Up = "w3", Down = "w2" } : names;
        string router = config.WeighsInputs ? $"{own}.router" : weights.Has($"{old}.gate.weight") ? $"{old}.gate" : $"{own}.gate";
        _router = weights.Take($"{router}.weight", config.Experts, hidden);
        _experts = weights.Has($"{own}.experts.gate_up_proj")
            ? Split(weights, $"{own}.experts", config, hidden, activation)
            : [.. Enumerable.Range(0, config.Experts)
                .Select(expert => new FeedForward(weights, $"{old}.experts.{expert}", parts, (hidden, config.FeedForwardSize),
                    activation))];
        if (config.SharedSize is { } size)
        {
            _shared = new FeedForward(weights, $"{own}.shared_expert", parts, (hidden, size), activation);
            _sharedGate = config.GatesShared ? weights.Take($"{own}.shared_expert_gate.weight", 1, hidden) : null;
        }
    }

    public Tensor Apply(Tensor x)
    {
        Tensor tokens = x.reshape(-1, x.shape[^1]);
        (Tensor weights, Tensor chosen) = Choose(nn.functional.linear(tokens, _router), x.dtype);
        Tensor sum = zeros_like(tokens);
        for (int expert = 0; expert < _experts.Length; expert++)
        {
            using DisposeScope scope = NewDisposeScope();
            Tensor places = chosen.eq(LastingScalar.Of(expert)).nonzero();
            if (places.shape[0] > 0)
            {
                (Tensor rows, Tensor ranks) = (places.select(1, 0), places.select(1, 1));
                Tensor taken = tokens.index_select(0, rows);
                Tensor share = weights.index([rows, ranks]).unsqueeze(1);
                sum.index_add_(0, rows,
                    _config.WeighsInputs ? _experts[expert].Apply(taken * share) : _experts[expert].Apply(taken).mul_(share),
                    LastingScalar.One);
            }
        }

        if (_shared is not null)
        {
            Tensor given = _shared.Apply(tokens);
            sum = sum.add(_sharedGate is null ? given : nn.functional.linear(tokens, _sharedGate).sigmoid().mul(given), LastingScalar.One);
        }

        return sum.view(x.shape);
    }

    public void Dispose()
    {
        Array.ForEach(_experts, expert => expert.Dispose());
        _router.Dispose();
        _shared?.Dispose();
        _sharedGate?.Dispose();
    }

    // The weights of each token's experts, and which they are.
    private (Tensor Weights, Tensor Chosen) Choose(Tensor scores, ScalarType type)
    {
        if (_config.WeighsInputs)
        {
            (Tensor best, Tensor places) = scores.topk(_config.PerToken, -1);
            return (best.to(float32).sigmoid().to(type), places);
        }

        (Tensor weights, Tensor chosen) = nn.functional.softmax(scores.to(float32), -1).topk(_config.PerToken, -1);
        return ((_config.Normalizes ? weights / weights.sum(-1, keepdim: true) : weights).to(type), chosen);
    }

    // Those whose inputs are weighed have their matrices the other way round.
    private static FeedForward[] Split(ModelWeights weights, string prefix, MixtureConfig config, int hidden, ActivationKind activation)
    {
        bool isTurned = config.WeighsInputs;
        using Tensor gatesAndUps = Take("gate_up_proj", 2L * config.FeedForwardSize, hidden);
        using Tensor downs = Take("down_proj", hidden, config.FeedForwardSize);
        return
        [
            .. Enumerable.Range(0, config.Experts).Select(expert => new FeedForward(
                new LinearMap(gatesAndUps.select(0, expert).narrow(0, 0, config.FeedForwardSize), null, null, weights.Tap),
                new LinearMap(gatesAndUps.select(0, expert).narrow(0, config.FeedForwardSize, config.FeedForwardSize), null, null,
                    weights.Tap),
                new LinearMap(downs.select(0, expert), null, null, weights.Tap),
                activation)),
        ];

        Tensor Take(string name, long outputs, long inputs)
        {
            if (!isTurned)
            {
                return weights.Take($"{prefix}.{name}", config.Experts, outputs, inputs);
            }

            using Tensor turned = weights.Take($"{prefix}.{name}", config.Experts, inputs, outputs);
            return turned.transpose(1, 2);
        }
    }
}
