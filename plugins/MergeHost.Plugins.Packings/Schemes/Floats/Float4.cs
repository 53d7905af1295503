using MergeHost.Plugins.Packings.Reading;
using MergeHost.Plugins.Packings.Reading.Codes;

namespace MergeHost.Plugins.Packings.Schemes.Floats;

/// <summary>Weights of 4 bits each, E2M1, two a byte, of even columns in the lower half.</summary>
internal static class Float4
{
    /// <summary>A matrix of rows of bytes.</summary>
    public static GroupedMatrix Matrix(PackedModel model, TensorInfo tensor, long rows, long columns, GroupShape groups, IGrid scales) =>
        new()
        {
            Codes = new RowCodes(tensor, columns / 2, bits: 4),
            Table = Tables.E2M1,
            Rows = rows,
            Columns = columns,
            Scales = scales,
            Groups = groups,
            Fail = reason => model.Fail(tensor, reason),
        };

    /// <summary>The shape of the weight that bytes of two weights each hold.</summary>
    public static TensorShape Shape(TensorInfo tensor) => Widened(tensor, tensor.Shape.RowLength * 2);

    /// <summary>The shape of a tensor with rows of another length.</summary>
    public static TensorShape Widened(TensorInfo tensor, long columns) =>
        TensorShape.Create([.. tensor.Shape.Take(tensor.Shape.Rank - 1), columns]);
}
