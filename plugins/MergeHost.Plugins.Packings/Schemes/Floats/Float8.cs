using MergeHost.Plugins.Packings.Reading;
using MergeHost.Plugins.Packings.Reading.Codes;
using MergeHost.Plugins.Packings.Writing;

namespace MergeHost.Plugins.Packings.Schemes.Floats;

/// <summary>Weights of one byte each.</summary>
internal static class Float8
{
    /// <summary>Whether a tensor's elements are 8-bit floats that weights are packed in.</summary>
    public static bool Is(TensorInfo tensor) => tensor.DType == DType.F8_E4M3 || tensor.DType == DType.F8_E5M2;

    /// <summary>Whether it is a matrix, or a stack of them, of 8-bit floats or whole numbers.</summary>
    public static bool IsMatrix(TensorInfo tensor) => tensor.Shape.Rank >= 2 && (Is(tensor) || tensor.DType == DType.I8);

    /// <summary>What the codes of a tensor mean.</summary>
    public static float[] Table(TensorInfo tensor) =>
        tensor.DType == DType.F8_E4M3 ? Tables.E4M3 : tensor.DType == DType.F8_E5M2 ? Tables.E5M2 : Tables.Signed;

    /// <summary>What comes after the module's name in that of a tensor of a weight.</summary>
    public static string Ending(string weight, string tensor) => tensor[WeightForm.StemOf(weight).Length..];

    /// <summary>What shape a tensor of scales has.</summary>
    public static ScaleShape ShapeOf(TensorInfo scale) => scale.Shape.Rank switch
    {
        0 => ScaleShape.Scalar,
        1 => scale.ElementCount == 1 ? ScaleShape.One : ScaleShape.Rows,
        _ => ScaleShape.Grid,
    };

    /// <summary>How weights of one byte each are packed by the range of each group;
    /// <see langword="null"/> for other floats than E4M3.</summary>
    public static StraightForm? RangeForm(string scheme, TensorInfo tensor, TensorInfo scale, GroupShape groups) =>
        tensor.DType == DType.F8_E5M2 || scale.DType.BlockBytes == 1 ? null
        : new StraightForm(scheme, tensor.DType == DType.I8 ? ScaleRule.RangeInteger : ScaleRule.RangeFloat, 8,
            scale.Shape.Rank < 2 && scale.ElementCount == 1 ? 0 : groups.Rows,
            scale.ElementCount == 1 || groups.GridColumns == 1 ? 0 : groups.Columns,
            tensor.DType, Ending(tensor.Name, tensor.Name), Ending(tensor.Name, scale.Name), null, ShapeOf(scale));

    /// <summary>A tensor whose elements are codes, with scales of a given shape.</summary>
    public static GroupedMatrix Matrix(PackedModel model, TensorInfo tensor, GroupShape groups, IGrid scales, IGrid? zeros = null) => new()
    {
        Codes = new RowCodes(tensor, tensor.Shape.RowLength, bits: 8),
        Table = Table(tensor),
        Formula = zeros is null ? GroupFormula.Scaled : GroupFormula.Shifted,
        Rows = groups.Height == 0 ? 0 : tensor.ElementCount / Math.Max(1, tensor.Shape.RowLength),
        Columns = tensor.Shape.RowLength,
        Scales = scales,
        Zeros = zeros,
        Groups = groups,
        Fail = reason => model.Fail(tensor, reason),
    };
}
