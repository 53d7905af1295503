using System.Text.Json.Nodes;
using MergeHost.Checkpoints;
using MergeHost.Plugins.Packings.Reading;
using MergeHost.Plugins.Packings.Writing;

namespace MergeHost.Plugins.Packings.Schemes.Floats;

/// <summary>FP8 with a scale for each rectangle or for the tensor, as DeepSeek and Qwen publish it;
/// DeepSeek-V4's experts of 4 bits too.</summary>
internal sealed class FineGrainedFp8 : IPackingScheme
{
    private const int ExpertGroup = 32;

    public IReadOnlyList<string> Methods { get; } = ["fp8"];

    public void Unpack(PackedModel model)
    {
        (long Rows, long Columns)? block = Block(model.Settings!);
        model.ForEach(Float8.IsMatrix, tensor =>
        {
            string module = tensor.Name.EndsWith(".weight", StringComparison.Ordinal) ? tensor.Name[..^".weight".Length] : tensor.Name;
            TensorInfo scale = model.Need(tensor, tensor.Name + "_scale_inv", module + ".scale", module + ".qscale_weight",
                tensor.Name + "_scale");
            if (tensor.DType == DType.I8)
            {
                AddExpert(model, tensor, scale);
                return;
            }

            Layout layout = new(model, tensor, tensor.Shape.RowLength);
            GroupShape groups = scale.Shape.Rank == 0 || (scale.ElementCount == 1 && block is null) ? layout.Whole()
                : block is { } size ? layout.Blocks(scale, size.Rows, size.Columns)
                : scale.Shape.RowLength == 1 ? layout.Fit(scale)
                : throw model.Settings!.Fail($"'weight_block_size' is missing, and '{scale.Name}' of shape {scale.Shape} scales blocks");
            model.Consume(scale);
            model.Add(tensor, tensor.Name, tensor.Shape, Float8.Matrix(model, tensor, groups, model.Grid(scale, groups)),
                Form(model.Settings!, tensor, scale, groups, isWhole: block is null && scale.ElementCount == 1));
        });

        NoteIgnored(model);
    }

    private static void AddExpert(PackedModel model, TensorInfo tensor, TensorInfo scale)
    {
        TensorShape shape = Float4.Shape(tensor);
        Layout layout = new(model, tensor, shape.RowLength);
        GroupShape groups = layout.Fit(scale, ExpertGroup);
        model.Consume(scale);
        model.Add(tensor, tensor.Name, shape, Float4.Matrix(model, tensor, layout.Rows, shape.RowLength, groups, model.Grid(scale, groups)),
            new StraightForm("fp8", ScaleRule.PowerUp, 4, 1, ExpertGroup, tensor.DType, Float8.Ending(tensor.Name, tensor.Name),
                Float8.Ending(tensor.Name, scale.Name), scale.DType, ScaleShape.Grid));
    }

    private static StraightForm? Form(PackingSettings settings, TensorInfo tensor, TensorInfo scale, GroupShape groups, bool isWhole)
    {
        bool isPower = scale.DType.BlockBytes == 1 || settings.Fields["scale_fmt"].AsText() == "ue8m0";
        return tensor.DType != DType.F8_E4M3
            ? null
            : new StraightForm("fp8", isPower ? ScaleRule.InversePower : ScaleRule.Inverse, 8, isWhole ? 0 : groups.Rows,
                isWhole ? 0 : groups.Columns,
                tensor.DType, Float8.Ending(tensor.Name, tensor.Name), Float8.Ending(tensor.Name, scale.Name), scale.DType,
                Float8.ShapeOf(scale));
    }

    private static (long Rows, long Columns)? Block(PackingSettings settings)
    {
        JsonNode? size = settings.Fields["weight_block_size"];
        return size is null ? null
            : (size.At(0).AsInt(), size.At(1).AsInt(), size.Items().Count) is ( > 0 and { } rows, > 0 and { } columns, 2) ? (rows, columns)
            : throw settings.Fail($"'weight_block_size' is {size.Words()}; expected two positive whole numbers");
    }

    // What tensors are decides; the list is a hint for loaders.
    private static void NoteIgnored(PackedModel model)
    {
        foreach (string name in model.Settings!.Fields["modules_to_not_convert"].Items().Select(item => item.AsText()).OfType<string>())
        {
            if (model.Weights.Exists(weight => weight.Codes == name + ".weight"
                || weight.Codes.Contains('.' + name + '.', StringComparison.Ordinal)))
            {
                model.Warnings.Add(new Problem(ErrorCodes.CheckpointOddity,
                    $"{model.Settings.Place}: 'modules_to_not_convert' names '{CheckpointException.Printable(name)}', whose weights are "
                        + "FP8; they are read as that", null, null, Severity.Warning));
            }
        }
    }
}
