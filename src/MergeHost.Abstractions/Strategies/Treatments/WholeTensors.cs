using MergeHost.Algebra;

namespace MergeHost.Strategies;

/// <summary>The tensors of one name with their data, all in float32.</summary>
/// <remarks>
/// Each is seen as a matrix: <c>[out, in]</c> as it is, a vector as one row, more extents with all but the last taken together.
/// The memory is the host's and is gone after the call.
/// </remarks>
public sealed class WholeTensors
{
    /// <summary>The output's name, dtype and shape.</summary>
    public required TensorInfo Output { get; init; }

    /// <summary>The base's elements, or <see langword="null"/> if there is no base. Read-only by contract.</summary>
    public required Matrix<float>? Base { get; init; }

    /// <summary>The sources' elements in the order of the recipe. Read-only by contract.</summary>
    public required IReadOnlyList<Matrix<float>> Sources { get; init; }

    /// <summary>Room for the result, zero at first; the host rounds it to the output's dtype.</summary>
    public required Matrix<float> Result { get; init; }

    /// <summary>Asks to stop; long work should look at it now and then.</summary>
    public CancellationToken Cancellation { get; init; }
}
