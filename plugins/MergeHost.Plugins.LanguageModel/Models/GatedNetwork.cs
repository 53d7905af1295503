using static TorchSharp.torch;

namespace MergeHost.Plugins.LanguageModel.Models;

/// <summary>The feed-forward network of a layer: <c>[…, hidden]</c> to <c>[…, hidden]</c>.</summary>
internal interface IFeedForward : IDisposable
{
    /// <summary>Computes the network; what is given stays as it is.</summary>
    Tensor Apply(Tensor x);
}

/// <summary>A gated network: <c>down(act(gate(x)) · up(x))</c>.</summary>
internal sealed class GatedNetwork : IFeedForward
{
    private readonly LinearMap _gate;
    private readonly LinearMap _up;
    private readonly LinearMap _down;
    private readonly bool _isGelu;

    /// <summary>Reads the three weights, with biases where the checkpoint has them.</summary>
    public GatedNetwork(ModelWeights weights, string prefix, (string Gate, string Up, string Down) names, long hidden, long wide, bool isGelu = false)
    {
        _gate = LinearMap.Read(weights, $"{prefix}.{names.Gate}", wide, hidden);
        _up = LinearMap.Read(weights, $"{prefix}.{names.Up}", wide, hidden);
        _down = LinearMap.Read(weights, $"{prefix}.{names.Down}", hidden, wide);
        _isGelu = isGelu;
    }

    /// <summary>Takes three weights over.</summary>
    public GatedNetwork(LinearMap gate, LinearMap up, LinearMap down) => (_gate, _up, _down) = (gate, up, down);

    public Tensor Apply(Tensor x) => _down.Apply(Activate(_gate.Apply(x)).mul_(_up.Apply(x)));

    public void Dispose()
    {
        _gate.Dispose();
        _up.Dispose();
        _down.Dispose();
    }

    private Tensor Activate(Tensor x)
    {
        if (!_isGelu)
        {
            return nn.functional.silu(x, inplace: true);
        }

        // GELU by tanh: 0.5·x·(1 + tanh(√(2/π)·(x + 0.044715·x³))).
        Tensor inner = x.add(x * x * x, LastingScalar.Of(0.044715)).mul(LastingScalar.Of(Math.Sqrt(2 / Math.PI)));
        return x.mul(LastingScalar.Of(0.5)).mul(inner.tanh().add(LastingScalar.One));
    }
}
