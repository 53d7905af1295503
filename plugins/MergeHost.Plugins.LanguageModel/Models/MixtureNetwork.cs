using TorchSharp;
using static TorchSharp.torch;

namespace MergeHost.Plugins.LanguageModel.Models;

/// <summary>A mixture of experts: a router sends each token to a few of them, and adds up what they give by their likelihood.</summary>
internal sealed class MixtureNetwork : IFeedForward
{
    private readonly MixtureConfig _config;
    private readonly Tensor _router;
    private readonly GatedNetwork[] _experts;
    private readonly GatedNetwork? _shared;
    private readonly Tensor? _sharedGate;

    /// <summary>Reads a layer's experts, each by itself or all in one tensor.</summary>
    public MixtureNetwork(ModelWeights weights, MixtureConfig config, int layer, int hidden)
    {
        _config = config;
        string prefix = $"model.layers.{layer}.mlp";
        string old = config.HasMixtralNames ? $"model.layers.{layer}.block_sparse_moe" : prefix;
        (string, string, string) names = config.HasMixtralNames ? ("w1", "w3", "w2") : ("gate_proj", "up_proj", "down_proj");
        _router = weights.Take($"{(weights.Has($"{old}.gate.weight") ? old : prefix)}.gate.weight", config.Experts, hidden);
        _experts = weights.Has($"{prefix}.experts.gate_up_proj")
            ? Split(weights, prefix, config, hidden)
            : [.. Enumerable.Range(0, config.Experts).Select(expert => new GatedNetwork(weights, $"{old}.experts.{expert}", names, hidden, config.FeedForwardSize))];
        if (config.SharedSize is { } size)
        {
            _shared = new GatedNetwork(weights, $"{prefix}.shared_expert", names, hidden, size);
            _sharedGate = weights.Take($"{prefix}.shared_expert_gate.weight", 1, hidden);
        }
    }

    public Tensor Apply(Tensor x)
    {
        Tensor tokens = x.reshape(-1, x.shape[^1]);
        Tensor likelihoods = nn.functional.softmax(nn.functional.linear(tokens, _router).to(float32), -1);
        (Tensor weights, Tensor chosen) = likelihoods.topk(_config.PerToken, -1);
        weights = (_config.Normalizes ? weights / weights.sum(-1, keepdim: true) : weights).to(x.dtype);
        Tensor sum = zeros_like(tokens);
        for (int expert = 0; expert < _experts.Length; expert++)
        {
            using DisposeScope scope = NewDisposeScope();
            Tensor places = chosen.eq(expert).nonzero();
            if (places.shape[0] > 0)
            {
                (Tensor rows, Tensor ranks) = (places.select(1, 0), places.select(1, 1));
                Tensor given = _experts[expert].Apply(tokens.index_select(0, rows)).mul_(weights.index([rows, ranks]).unsqueeze(1));
                sum.index_add_(0, rows, given, LastingScalar.One);
            }
        }

        if (_shared is not null)
        {
            sum = sum.add(nn.functional.linear(tokens, _sharedGate!).sigmoid().mul(_shared.Apply(tokens)), LastingScalar.One);
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

    private static GatedNetwork[] Split(ModelWeights weights, string prefix, MixtureConfig config, int hidden)
    {
        using Tensor gatesAndUps = weights.Take($"{prefix}.experts.gate_up_proj", config.Experts, 2L * config.FeedForwardSize, hidden);
        using Tensor downs = weights.Take($"{prefix}.experts.down_proj", config.Experts, hidden, config.FeedForwardSize);
        return
        [
            .. Enumerable.Range(0, config.Experts).Select(expert => new GatedNetwork(
                new LinearMap(gatesAndUps.select(0, expert).narrow(0, 0, config.FeedForwardSize), null, null, weights.Tap),
                new LinearMap(gatesAndUps.select(0, expert).narrow(0, config.FeedForwardSize, config.FeedForwardSize), null, null, weights.Tap),
                new LinearMap(downs.select(0, expert), null, null, weights.Tap))),
        ];
    }
}
