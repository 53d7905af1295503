using MergeHost.Plugins.LanguageModel.Models.Settings;
using static TorchSharp.torch;

namespace MergeHost.Plugins.LanguageModel.Models.Blocks;

/// <summary>The feed-forward network of a layer: <c>[…, hidden]</c> to <c>[…, hidden]</c>.</summary>
internal interface IFeedForward : IDisposable
{
    /// <summary>Computes the network; what is given stays as it is.</summary>
    Tensor Apply(Tensor x);
}

/// <summary>A network with or without a gate: <c>down(act(gate(x)) · up(x))</c> or <c>down(act(up(x)))</c>.</summary>
internal sealed class FeedForward : IFeedForward
{
    private readonly LinearMap? _gate;
    private readonly LinearMap _up;
    private readonly LinearMap _down;
    private readonly ActivationKind _activation;

    /// <summary>Takes weights over; there may be no gate.</summary>
    public FeedForward(LinearMap? gate, LinearMap up, LinearMap down, ActivationKind activation) =>
        (_gate, _up, _down, _activation) = (gate, up, down, activation);

    /// <summary>Reads the weights, with biases where the checkpoint has them.</summary>
    public FeedForward(ModelWeights weights, string prefix, DecoderTensors names, (long Hidden, long Wide) size, ActivationKind activation,
        bool isTransposed = false)
    {
        if (names.GateUp is { } both)
        {
            LinearMap[] halves = LinearMap.ReadSeveral(weights, $"{prefix}.{both}", [size.Wide, size.Wide], size.Hidden, isTransposed);
            (_gate, _up) = (halves[0], halves[1]);
        }
        else
        {
            _gate = names.Gate is { } name ? LinearMap.Read(weights, $"{prefix}.{name}", size.Wide, size.Hidden, isTransposed) : null;
            _up = LinearMap.Read(weights, $"{prefix}.{names.Up}", size.Wide, size.Hidden, isTransposed);
        }

        _down = LinearMap.Read(weights, $"{prefix}.{names.Down}", size.Hidden, size.Wide, isTransposed);
        _activation = activation;
    }

    public Tensor Apply(Tensor x) => _down.Apply(_gate is null ? Activate(_up.Apply(x)) : Activate(_gate.Apply(x)).mul_(_up.Apply(x)));

    public void Dispose()
    {
        _gate?.Dispose();
        _up.Dispose();
        _down.Dispose();
    }

    private Tensor Activate(Tensor x)
    {
        switch (_activation)
        {
            case ActivationKind.Silu:
                return nn.functional.silu(x, inplace: true);
            case ActivationKind.Gelu:
                return nn.functional.gelu(x);
            case ActivationKind.Relu:
                return nn.functional.relu(x, inplace: true);
            default:
                // 0.5·x·(1 + tanh(√(2/π)·(x + 0.044715·x³))).
                Tensor inner = x.add(x * x * x, LastingScalar.Of(0.044715)).mul(LastingScalar.Of(Math.Sqrt(2 / Math.PI)));
                return x.mul(LastingScalar.Of(0.5)).mul(inner.tanh().add(LastingScalar.One));
        }
    }
}
