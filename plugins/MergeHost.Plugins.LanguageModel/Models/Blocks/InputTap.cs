using MergeHost.Algebra;
using MergeHost.Runtimes;
using TorchSharp;
using static TorchSharp.torch;

namespace MergeHost.Plugins.LanguageModel.Models.Blocks;

/// <summary>Lets what weights of a model are multiplied with be looked at; one for all weights
/// of a model, for one thread at a time.</summary>
internal sealed class InputTap
{
    private InputObserver? _observer;
    private Tensor? _inputs;
    private Func<Matrix<float>>? _read;

    /// <summary>Shows inputs while a model runs.</summary>
    public void Observe(InputObserver observer, Action run)
    {
        _observer = observer;
        try
        {
            run();
        }
        finally
        {
            (_observer, _inputs, _read) = (null, null, null);
        }
    }

    /// <summary>Called with what a weight is about to be multiplied with, <c>[…, in]</c>.</summary>
    public void Show(string? weight, Tensor inputs)
    {
        if (_observer is null || weight is null)
        {
            return;
        }

        if (!ReferenceEquals(inputs, _inputs))
        {
            Lazy<Matrix<float>> matrix = new(() => Read(inputs));
            (_inputs, _read) = (inputs, () => matrix.Value);
        }

        _observer(weight, _read!);
    }

    private static Matrix<float> Read(Tensor inputs)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor rows = inputs.reshape(-1, inputs.shape[^1]).to(float32).cpu().contiguous();
        return new Matrix<float>((int)rows.shape[0], (int)rows.shape[1], rows.data<float>().ToArray());
    }
}
