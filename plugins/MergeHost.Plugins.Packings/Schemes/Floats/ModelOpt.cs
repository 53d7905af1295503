using MergeHost.Checkpoints;
using MergeHost.Plugins.Packings.Reading;
using MergeHost.Plugins.Packings.Writing;

namespace MergeHost.Plugins.Packings.Schemes.Floats;

/// <summary>ModelOpt: FP8 with one scale, and NVFP4 whose second scale multiplies.</summary>
internal sealed class ModelOpt : IPackingScheme
{
    private const int Group = 16;

    public IReadOnlyList<string> Methods { get; } = ["modelopt", "modelopt_fp4"];

    public void Unpack(PackedModel model)
    {
        if (model.Settings!.Fields["quant_algo"].AsText() is { } algorithm && algorithm is not ("FP8" or "NVFP4" or "MIXED_PRECISION"))
        {
            throw model.Settings.Unsupported($"ModelOpt's '{algorithm}' is not read");
        }

        model.ForEach(tensor => tensor.Shape.Rank >= 2 && tensor.Name.EndsWith(".weight", StringComparison.Ordinal), tensor =>
        {
            if (Float8.Is(tensor))
            {
                TensorInfo scale = model.Need(tensor, tensor.Name + "_scale");
                GroupShape groups = new Layout(model, tensor, tensor.Shape.RowLength).Fit(scale);
                model.Consume(scale);
                model.Add(tensor, tensor.Name, tensor.Shape, Float8.Matrix(model, tensor, groups, model.Grid(scale, groups)),
                    Float8.RangeForm("modelopt", tensor, scale, groups), scale.DType);
            }
            else if (tensor.DType == DType.U8)
            {
                AddFloat4(model, tensor);
            }
        });
    }

    private static void AddFloat4(PackedModel model, TensorInfo tensor)
    {
        TensorInfo scale = model.Need(tensor, tensor.Name + "_scale");
        TensorInfo second = model.Need(tensor, tensor.Name + "_scale_2");
        TensorShape shape = Float4.Shape(tensor);
        Layout layout = new(model, tensor, shape.RowLength);
        GroupShape groups = layout.Fit(scale, Group);
        if (second.ElementCount != 1 || scale.DType != DType.F8_E4M3)
        {
            throw model.Fail(tensor, $"expected scales of F8_E4M3 and one second scale, found {scale.DType} and {second.Shape}");
        }

        model.Consume(scale, second);
        model.Add(tensor, tensor.Name, shape, Float4.Matrix(model, tensor, layout.Rows, shape.RowLength, groups,
            new ScaledGrid(model.Grid(scale, groups), model.Numbers(second), divides: false)),
            new StraightForm("modelopt", ScaleRule.SecondScale, 4, 1, Group, DType.U8, ".weight", ".weight_scale", scale.DType,
                ScaleShape.Grid));
    }
}
