using MergeHost.Plugins.Packings.Reading;

namespace MergeHost.Plugins.Packings.Schemes.Floats;

/// <summary>FBGEMM's FP8: a scale for each row; for each column of Llama 4's experts, which are transposed.</summary>
internal sealed class FbgemmFp8 : IPackingScheme
{
    public IReadOnlyList<string> Methods { get; } = ["fbgemm_fp8"];

    public void Unpack(PackedModel model)
    {
        model.ForEach(tensor => Float8.Is(tensor) && tensor.Shape.Rank >= 2, tensor =>
        {
            TensorInfo scale = model.Need(tensor, tensor.Name + "_scale");
            Layout layout = new(model, tensor, tensor.Shape.RowLength);
            GroupShape groups = tensor.Shape.Rank == 3 ? Experts(model, tensor, scale) : layout.Fit(scale);
            model.Consume(scale);
            model.Add(tensor, tensor.Name, tensor.Shape, Float8.Matrix(model, tensor, groups, model.Grid(scale, groups)),
                tensor.Shape.Rank == 2 ? Float8.RangeForm("fbgemm_fp8", tensor, scale, groups) : null, scale.DType);
        });
    }

    private static GroupShape Experts(PackedModel model, TensorInfo tensor, TensorInfo scale)
    {
        (long experts, long rows, long columns) = (tensor.Shape[0], tensor.Shape[1], tensor.Shape[2]);
        return scale.Shape == [experts, 1, columns] || scale.Shape == [experts, columns, 1] ? GroupShape.Of(experts, rows, columns, rows, 1)
            : throw model.Fail(tensor, $"'{scale.Name}' of shape {scale.Shape} does not scale the columns of {experts} experts");
    }
}
