using MergeHost.Algebra;

namespace MergeHost.Runtimes;

/// <summary>A model that lets its states be looked at while it reads.</summary>
public interface IObservableModel : ILanguageModel
{
    /// <summary>How many layers there are.</summary>
    int LayerCount { get; }

    /// <summary>How many numbers a state has.</summary>
    int HiddenSize { get; }

    /// <summary>Reads texts, each by itself, and shows the states of each layer.</summary>
    /// <param name="texts">The ids of each: at least one, and no more than <see cref="ILanguageModel.MaxPositions"/>.</param>
    /// <param name="state">Which state.</param>
    /// <param name="observer">Called for each text and layer, in this order.</param>
    /// <param name="cancellation">Asks to stop.</param>
    /// <exception cref="OperationCanceledException">Stopped.</exception>
    void Observe(IReadOnlyList<IReadOnlyList<int>> texts, ModelState state, StateObserver observer, CancellationToken cancellation);
}

/// <summary>Receives the states of a layer.</summary>
/// <param name="text">The index of the text.</param>
/// <param name="layer">The number of the layer.</param>
/// <param name="states">Float32 of <c>[tokens, hidden]</c>; gone after the call.</param>
public delegate void StateObserver(int text, int layer, Matrix<float> states);
