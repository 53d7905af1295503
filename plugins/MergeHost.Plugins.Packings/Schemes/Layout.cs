using MergeHost.Plugins.Packings.Reading;

namespace MergeHost.Plugins.Packings.Schemes;

/// <summary>Finds which weights share a scale by the shape of the scales.</summary>
/// <param name="model">The model.</param>
/// <param name="tensor">The packed weight.</param>
/// <param name="columns">Columns of the weight; all other extents are rows.</param>
internal sealed class Layout(PackedModel model, TensorInfo tensor, long columns)
{
    /// <summary>Rows, of all matrices of a stack.</summary>
    public long Rows { get; } = tensor.Shape.Rank < 2
        ? 1
        : tensor.Shape.Take(tensor.Shape.Rank - 1).Aggregate(1L, (product, extent) => product * extent);

    /// <summary>Columns.</summary>
    public long Columns => columns;

    private long Height => tensor.Shape.Rank < 2 ? 1 : tensor.Shape[tensor.Shape.Rank - 2];

    private long Matrices => Height == 0 ? 0 : Rows / Height;

    /// <summary>One scale for the tensor.</summary>
    public GroupShape Whole() => new(Math.Max(1, Rows), Math.Max(1, Rows), Math.Max(1, columns), 1, 1);

    /// <summary>A scale for each rectangle.</summary>
    public GroupShape Blocks(TensorInfo scale, long rows, long width) =>
        Checked(scale, GroupShape.Of(Matrices, Height, columns, rows, width));

    /// <summary>One scale for the tensor, for each of its rows, or for groups along rows: whatever fits.</summary>
    /// <param name="scale">The scales.</param>
    /// <param name="group">How long the settings say that groups are.</param>
    public GroupShape Fit(TensorInfo scale, int? group = null)
    {
        if (scale.ElementCount == 1 && scale.Shape.Rank <= 1)
        {
            return Whole();
        }

        if (scale.Shape.Rank == 1 && scale.ElementCount == Rows)
        {
            return GroupShape.Of(Matrices, Height, columns, 1, columns);
        }

        long groups = scale.Shape.Rank >= 2 ? scale.Shape[scale.Shape.Rank - 1] : 0;
        long length = groups == 1 ? columns : group is > 0 ? group.Value : groups > 0 && columns % groups == 0 ? columns / groups : 0;
        return length > 0 ? Checked(scale, GroupShape.Of(Matrices, Height, columns, 1, length)) : throw Misfit(scale, null);
    }

    private GroupShape Checked(TensorInfo scale, GroupShape groups)
    {
        bool fits = scale.ElementCount == groups.GridRows * groups.GridColumns
            && (scale.Shape.Rank < 2 || (scale.Shape[scale.Shape.Rank - 1] == groups.GridColumns
                && scale.Shape[scale.Shape.Rank - 2] == (tensor.Shape.Rank == scale.Shape.Rank && Matrices > 0
                    ? groups.GridRows / Matrices
                    : groups.GridRows)));
        return fits ? groups : throw Misfit(scale, groups);
    }

    private Checkpoints.CheckpointException Misfit(TensorInfo scale, GroupShape? groups) => model.Fail(tensor,
        $"'{scale.Name}' of shape {scale.Shape} does not fit {Rows} rows of {columns} weights"
        + (groups is { } expected ? $", which need {expected.GridRows} × {expected.GridColumns} scales" : ""));
}
