using MergeHost.Algebra;
using MergeHost.Checkpoints;

namespace MergeHost.Plugins.Permutation;

/// <summary>The weights of the reference and of a model, and the orders that are known of the model's units so far.</summary>
/// <param name="name">The model's name.</param>
/// <param name="reference">The model that the order comes from.</param>
/// <param name="model">The model that is reordered.</param>
internal sealed class MatchedWeights(string name, ICheckpointReader reference, ICheckpointReader model)
{
    // Numbers of a tensor that are compared at once; more only where a unit has more rows.
    private const long MostNumbers = 1 << 25;

    private readonly Dictionary<string, TensorInfo> _reference = reference.Tensors.ToDictionary(tensor => tensor.Name);
    private readonly Dictionary<string, TensorInfo> _model = model.Tensors.ToDictionary(tensor => tensor.Name);
    private readonly Dictionary<(string Tensor, int Axis), int[]> _orders = [];

    /// <summary>The model's name.</summary>
    public string Model => name;

    /// <summary>The old index by the new one; <see langword="null"/> where nothing changes.</summary>
    public int[]? Order(string tensor, int axis) => _orders.GetValueOrDefault((tensor, axis));

    /// <inheritdoc cref="Order"/>
    /// <returns>Never <see langword="null"/>.</returns>
    public int[] OrderOf(TensorInfo tensor, int axis) => Order(tensor.Name, axis) ?? [.. Enumerable.Range(0, (int)tensor.Shape[axis])];

    /// <summary>Takes over what a block found.</summary>
    /// <returns>Whether it found a better order.</returns>
    public bool Use(PermutableBlock block, IReadOnlyList<int[]>? orders)
    {
        foreach (((TensorInfo tensor, int axis), int[] order) in block.Axes.Zip(orders ?? []))
        {
            _orders[(tensor.Name, axis)] = order;
        }

        return orders is not null;
    }

    /// <summary>Reads a tensor of both, in parts if it is large; vectors as one column.</summary>
    /// <param name="tensor">The tensor.</param>
    /// <param name="axis">The extent of the units that are compared, which stays as the model stores it; the other one is ordered.</param>
    public IEnumerable<(Matrix<float> Reference, Matrix<float> Model)> Read(TensorInfo tensor, int axis)
    {
        int rows = (int)tensor.Shape[0];
        int[]? rowOrder = axis == 0 ? null : Order(tensor.Name, 0);
        int[]? columnOrder = axis == 0 && tensor.Shape.Rank == 2 ? Order(tensor.Name, 1) : null;
        int step = axis == 0 ? rows : (int)Math.Clamp(MostNumbers / Math.Max(1, tensor.Shape[1]), 1, rows);
        for (int first = 0; first < rows; first += step)
        {
            int count = Math.Min(step, rows - first);
            yield return (
                TensorRows.ReadSingle(reference, _reference[tensor.Name], null, null, first, count),
                TensorRows.ReadSingle(model, _model[tensor.Name], rowOrder, columnOrder, first, count));
        }
    }
}
