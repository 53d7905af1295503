using System.Text.Json.Nodes;
using MergeHost.Checkpoints;
using MergeHost.Plugins.Packings.Reading;
using MergeHost.Plugins.Packings.Reading.Codes;
using MergeHost.Plugins.Packings.Schemes.Floats;
using MergeHost.Plugins.Packings.Writing;

namespace MergeHost.Plugins.Packings.Schemes;

/// <summary>compressed-tensors: FP8, whole numbers of 1 to 8 bits, NVFP4, MXFP4, MXFP6 and MXFP8, perhaps several in one model.</summary>
internal sealed class CompressedTensors : IPackingScheme
{
    private const string Packed = "_packed";
    private const int WordBits = 32;

    public IReadOnlyList<string> Methods { get; } = ["compressed-tensors", "compressed_tensors"];

    // NVFP4 with its global scale leaves nothing to the configuration.
    public bool IsPlain(PackedModel model) =>
        model.Tensors.Any(tensor => tensor.Name.EndsWith(".weight_global_scale", StringComparison.Ordinal))
            && model.Tensors.All(tensor => !tensor.Name.EndsWith(".weight_packed", StringComparison.Ordinal)
                || (tensor.DType == DType.U8 && model.Find(tensor.Name[..^Packed.Length] + "_global_scale") is not null));

    public void Unpack(PackedModel model)
    {
        ModuleGroups? groups = model.Settings is { } settings ? ModuleGroups.Read(settings) : null;
        model.ForEach(_ => true, tensor => Add(model, tensor, groups));
    }

    private static void Add(PackedModel model, TensorInfo tensor, ModuleGroups? groups)
    {
        if (tensor.Name.EndsWith(".weight" + Packed, StringComparison.Ordinal))
        {
            string weight = tensor.Name[..^Packed.Length];
            JsonNode? arguments = groups?.Of(weight[..^".weight".Length]);
            if (tensor.DType == DType.U8)
            {
                AddFloats(model, tensor, weight, arguments);
            }
            else
            {
                AddIntegers(model, tensor, weight, arguments);
            }
        }
        else if (tensor.Name.EndsWith(".weight", StringComparison.Ordinal) && Float8.IsMatrix(tensor))
        {
            AddBytes(model, tensor, groups?.Of(tensor.Name[..^".weight".Length]));
        }
        else if (tensor.Name.EndsWith(".bitmask", StringComparison.Ordinal))
        {
            AddSparse(model, tensor, tensor.Name[..^".bitmask".Length]);
        }
    }

    private static void AddFloats(PackedModel model, TensorInfo tensor, string weight, JsonNode? arguments)
    {
        bool isWide = arguments.Find("num_bits").AsInt() == 6;
        TensorShape shape = isWide ? Float4.Widened(tensor, tensor.Shape.RowLength * 4 / 3) : Float4.Shape(tensor);
        TensorInfo scale = model.Need(tensor, weight + "_scale");
        Layout layout = new(model, tensor, shape.RowLength);
        GroupShape groups = layout.Fit(scale, arguments.Find("group_size").AsInt() ?? (scale.DType == DType.U8 ? 32 : 16));
        IGrid grid = model.Grid(scale, groups);
        if (scale.DType != DType.U8)
        {
            TensorInfo global = model.Need(tensor, weight + "_global_scale");
            model.Consume(global);
            grid = new ScaledGrid(grid, model.Numbers(global), divides: true);
        }

        model.Consume(scale);
        model.Add(tensor, weight, shape, new GroupedMatrix
        {
            Codes = new RowCodes(tensor, tensor.Shape.RowLength, isWide ? 6 : 4),
            Table = isWide ? Tables.E2M3 : Tables.E2M1,
            Rows = layout.Rows,
            Columns = shape.RowLength,
            Scales = grid,
            Groups = groups,
            Fail = reason => model.Fail(tensor, reason),
        }, isWide ? null : Floats(scale, groups));
    }

    private static void AddIntegers(PackedModel model, TensorInfo tensor, string weight, JsonNode? arguments)
    {
        int bits = arguments.Find("num_bits").AsInt() is >= 1 and <= 8 and { } found ? found
            : throw model.Settings!.Fail($"'num_bits' of '{weight}' is {arguments.Find("num_bits").Words()}; expected 1 to 8");
        TensorInfo size = model.Need(tensor, weight + "_shape");
        TensorInfo scale = model.Need(tensor, weight + "_scale");
        TensorShape shape = Integers.ReadShape(model, size);
        CodeOrder? order = shape.Rank == 2 && tensor.Shape.Rank == 2 && tensor.DType.BlockBytes == 4 && shape[0] == tensor.Shape[0]
            ? Order(tensor.Shape[1], shape[1], bits)
            : null;
        if (order is null)
        {
            throw model.Fail(tensor,
                $"{tensor.DType} {tensor.Shape} does not hold {bits}-bit codes of the shape {shape} that '{size.Name}' says");
        }

        Layout layout = new(model, tensor, shape[1]);
        GroupShape groups = layout.Fit(scale, arguments.Find("group_size").AsInt());
        TensorInfo? index = model.Find(weight + "_g_idx");
        if (index is not null && (index.ElementCount != shape[1] || index.DType != DType.I32))
        {
            throw model.Fail(tensor, $"'{index.Name}' is {index.DType} {index.Shape}, and there are {shape[1]} columns");
        }

        TensorInfo? zeros = Zeros(model, tensor, weight, arguments);
        model.Consume(size, scale, index, zeros);
        model.Add(tensor, weight, shape, new GroupedMatrix
        {
            Codes = new RowCodes(tensor, tensor.Shape[1] * 4, bits, order.Value),
            Table = Tables.Less(1 << (bits - 1)),
            Formula = zeros is null ? GroupFormula.Scaled : GroupFormula.Shifted,
            Rows = shape[0],
            Columns = shape[1],
            Scales = model.Grid(scale, groups),
            Zeros = zeros is null ? null : PackedZeros(model, tensor, zeros, shape[0], groups, bits),
            Groups = groups,
            Index = index,
            IndexesColumns = true,
            Fail = reason => model.Fail(tensor, reason),
        }, zeros is null && index is null && order == CodeOrder.Bits ? Words(bits, groups) : null, scale.DType);
    }

    /// <summary>How weights of 4 bits are packed: NVFP4, or MXFP4 where scales are exponents.</summary>
    private static StraightForm Floats(TensorInfo scale, GroupShape groups) =>
        scale.DType == DType.U8 ? StraightForm.PackedMxfp4(groups.Columns) : StraightForm.PackedNvfp4(groups.Columns);

    private static StraightForm Words(int bits, GroupShape groups) => new(
        "pack-quantized", ScaleRule.RangeInteger, bits, 1, groups.GridColumns == 1 ? 0 : groups.Columns, DType.I32, ".weight_packed",
        ".weight_scale", null, ScaleShape.Grid);

    // Until 0.17 no code crossed a word; the number of words tells.
    private static CodeOrder? Order(long words, long count, int bits) =>
        words == GroupShape.Up(count * bits, WordBits) ? CodeOrder.Bits
        : words == GroupShape.Up(count, WordBits / bits) ? CodeOrder.Words
        : null;

    private static TensorInfo? Zeros(PackedModel model, TensorInfo tensor, string weight, JsonNode? arguments) =>
        arguments.Find("symmetric").AsTruth() == false ? model.Need(tensor, weight + "_zero_point") : model.Find(weight + "_zero_point");

    private static IGrid PackedZeros(PackedModel model, TensorInfo tensor, TensorInfo zeros, long rows, GroupShape groups, int bits)
    {
        if (zeros.DType == DType.I8 && zeros.ElementCount == groups.GridRows * groups.GridColumns)
        {
            return model.Grid(zeros, groups);
        }

        CodeOrder? order = zeros.Shape.Rank == 2 && zeros.DType.BlockBytes == 4 && zeros.Shape[1] == groups.GridColumns
            ? Order(zeros.Shape[0], rows, bits)
            : null;
        return order is { } found ? new CodeGrid(new ColumnCodes(zeros, bits, found), Tables.Less(1 << (bits - 1)))
            : throw model.Fail(tensor,
                $"'{zeros.Name}' {zeros.Shape} does not hold {bits}-bit zero points of {rows} rows in {groups.GridColumns} groups");
    }

    private static void AddBytes(PackedModel model, TensorInfo tensor, JsonNode? arguments)
    {
        TensorInfo scale = model.Need(tensor, tensor.Name + "_scale");
        GroupShape groups = Shape(model, tensor, scale, arguments, tensor.Shape.RowLength);
        TensorInfo? zeros = Zeros(model, tensor, tensor.Name, arguments);
        if (zeros is not null && zeros.ElementCount != groups.GridRows * groups.GridColumns)
        {
            throw model.Fail(tensor, $"'{zeros.Name}' {zeros.Shape} does not go with '{scale.Name}' {scale.Shape}");
        }

        model.Consume(scale, zeros);
        model.Add(tensor, tensor.Name, tensor.Shape,
            Float8.Matrix(model, tensor, groups, model.Grid(scale, groups), zeros is null ? null : model.Grid(zeros, groups)),
            zeros is null ? Float8.RangeForm(tensor.DType == DType.I8 ? "int-quantized" : "float-quantized", tensor, scale, groups) : null,
            scale.DType);
    }

    private static GroupShape Shape(PackedModel model, TensorInfo tensor, TensorInfo scale, JsonNode? arguments, long columns)
    {
        Layout layout = new(model, tensor, columns);
        if (arguments.Find("strategy").AsText() != "block")
        {
            return layout.Fit(scale, arguments.Find("group_size").AsInt());
        }

        JsonNode? block = arguments.Find("block_structure");
        return (block.At(0).AsInt(), block.At(1).AsInt()) is ( > 0 and { } rows, > 0 and { } width) ? layout.Blocks(scale, rows, width)
            : throw model.Settings!.Fail($"'block_structure' of '{tensor.Name}' is {block.Words()}; expected two positive whole numbers");
    }

    private static void AddSparse(PackedModel model, TensorInfo mask, string module)
    {
        TensorInfo values = model.Need(mask, module + ".compressed");
        TensorInfo size = model.Need(mask, module + ".shape");
        TensorShape shape = Integers.ReadShape(model, size);
        TensorInfo scale = model.Need(values, module + ".weight_scale");
        if (shape.Rank != 2 || !Float8.IsMatrix(values) || values.Shape != [shape[0], shape[1] / 2]
            || mask.Shape != [shape[0], shape[1] / 8] || mask.DType != DType.U8)
        {
            throw model.Fail(values, $"{values.DType} {values.Shape} with '{mask.Name}' {mask.Shape} is not half of {shape}");
        }

        GroupShape groups = new Layout(model, values, shape[1]).Fit(scale);
        model.Consume(mask, size, scale);
        model.Add(values, module + ".weight", shape, new GroupedMatrix
        {
            Codes = new SparseCodes(values, mask, reason => model.Fail(values, reason)),
            Table = Float8.Table(values),
            Rows = shape[0],
            Columns = shape[1],
            Scales = model.Grid(scale, groups),
            Groups = groups,
            Fail = reason => model.Fail(values, reason),
        });
    }
}
