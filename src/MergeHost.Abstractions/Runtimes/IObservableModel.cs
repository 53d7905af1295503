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

    /// <summary>Reads texts, each by itself, and shows what each weight matrix is multiplied with.</summary>
    /// <remarks>Embedding and head are not shown; of a mixture an expert is shown the tokens that are sent to it.</remarks>
    /// <param name="texts">The ids of each: at least one, and no more than <see cref="ILanguageModel.MaxPositions"/>.</param>
    /// <param name="observer">Called for each text and weight, in the order in which the model uses them.</param>
    /// <param name="cancellation">Asks to stop.</param>
    /// <exception cref="OperationCanceledException">Stopped.</exception>
    void ObserveInputs(IReadOnlyList<IReadOnlyList<int>> texts, InputObserver observer, CancellationToken cancellation);
}

/// <summary>Receives what a weight matrix is multiplied with.</summary>
/// <param name="weight">The weight's name, such as <c>model.layers.0.mlp.up_proj.weight</c>.</param>
/// <param name="inputs">
/// Gives the inputs during the call: float32 of <c>[tokens, in]</c>. Weights that are used one after the other with the same inputs, such
/// as those of queries and keys, are shown the same function.
/// </param>
public delegate void InputObserver(string weight, Func<Matrix<float>> inputs);

/// <summary>Receives the states of a layer.</summary>
/// <param name="text">The index of the text.</param>
/// <param name="layer">The number of the layer.</param>
/// <param name="states">Float32 of <c>[tokens, hidden]</c>; gone after the call.</param>
public delegate void StateObserver(int text, int layer, Matrix<float> states);
