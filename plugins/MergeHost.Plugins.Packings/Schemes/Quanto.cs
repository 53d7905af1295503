using MergeHost.Checkpoints;
using MergeHost.Plugins.Packings.Reading;
using MergeHost.Plugins.Packings.Reading.Codes;
using MergeHost.Plugins.Packings.Schemes.Floats;

namespace MergeHost.Plugins.Packings.Schemes;

/// <summary>quanto: <c>s · q</c> of one byte each, or <c>s · q − shift</c> of 2 or 4 bits.</summary>
internal sealed class Quanto : IPackingScheme
{
    private const string Codes = "._data";

    public IReadOnlyList<string> Methods { get; } = ["quanto"];

    // Nobody else calls tensors so, and their shapes say how many bits codes have.
    public bool IsPlain(PackedModel model) => model.Tensors.Any(tensor => tensor.Name.EndsWith(".weight._scale", StringComparison.Ordinal));

    public void Unpack(PackedModel model)
    {
        model.ForEach(tensor => tensor.Name.EndsWith(".weight" + Codes, StringComparison.Ordinal), tensor =>
        {
            string name = tensor.Name[..^Codes.Length];
            TensorInfo scale = model.Need(tensor, name + "._scale");
            if (!Float8.IsMatrix(tensor))
            {
                throw model.Fail(tensor, $"expected I8 or an 8-bit float in two dimensions, found {tensor.DType} {tensor.Shape}");
            }

            GroupShape groups = new Layout(model, tensor, tensor.Shape.RowLength).Fit(scale);
            model.Consume(scale);
            model.Add(tensor, name, tensor.Shape, Float8.Matrix(model, tensor, groups, model.Grid(scale, groups)));
        });

        model.ForEach(tensor => tensor.Name.EndsWith(".weight" + Codes + Codes, StringComparison.Ordinal), tensor =>
        {
            AddSmall(model, tensor, tensor.Name[..^(2 * Codes.Length)]);
        });
    }

    private static void AddSmall(PackedModel model, TensorInfo tensor, string name)
    {
        TensorInfo scale = model.Need(tensor, name + "._scale");
        TensorInfo shift = model.Need(tensor, name + "._shift");
        long rows = scale.ElementCount;
        int bits = tensor.Shape.Rank == 2 && tensor.Shape[0] == GroupShape.Up(rows, 2) ? 4 : 2;
        if (tensor.Shape.Rank != 2 || tensor.DType != DType.U8 || tensor.Shape[0] != GroupShape.Up(rows, 8 / bits)
            || shift.ElementCount != rows || shift.DType.Kind != DTypeKind.Float)
        {
            throw model.Fail(tensor,
                $"{tensor.DType} {tensor.Shape} does not hold {rows} rows of {bits}-bit codes with "
                    + $"'{shift.Name}' {shift.DType} {shift.Shape}");
        }

        // Codes of groups do not say how long the rows of the layer are.
        long width = tensor.Shape[1];
        if (model.Config is not { } config || QuantoShapes.Inputs(config, name) is not { } inputs
            || inputs % width != 0 || rows % (inputs / width) != 0)
        {
            throw new CheckpointException(new Problem(ErrorCodes.ContentUnsupported,
                $"{model.File}: how many inputs '{name}' has does not follow from its {rows} groups of {width} and config.json",
                "Merge the model that was quantised, and quantise the result."));
        }

        GroupShape groups = GroupShape.Of(1, rows, width, 1, width);
        model.Consume(scale, shift);
        model.Add(tensor, name, [rows * width / inputs, inputs], new GroupedMatrix
        {
            Codes = new LayeredCodes(tensor, bits, 0, bits),
            Table = Tables.Unsigned,
            Formula = GroupFormula.Lowered,
            Rows = rows,
            Columns = width,
            Scales = model.Grid(scale, groups),
            Zeros = model.Grid(shift, groups),
            Groups = groups,
            Fail = reason => model.Fail(tensor, reason),
        });
    }
}
