using MergeHost.Plugins.Packings.Reading;
using MergeHost.Plugins.Packings.Reading.Codes;

namespace MergeHost.Plugins.Packings.Schemes;

/// <summary>HQQ: <c>(q − zero) · scale</c> with zero points that are no whole numbers; tensors say all of it.</summary>
internal sealed class Hqq : IPackingScheme
{
    private const string Codes = ".W_q";

    private static readonly string[] _settings = ["nbits", "axis", "group_size", "shape"];

    // What else HQQ keeps of a layer; none of it says anything of the weights.
    private static readonly string[] _others =
    [
        "channel_wise", "compute_dtype", "encoded_state_dict", "offload_meta", "optimize", "packing", "quant_scale", "quant_zero",
        "round_zero", "stores_quant_config",
        "unpack_view_dtype", "view_as_float",
    ];

    public IReadOnlyList<string> Methods { get; } = ["hqq"];

    public bool IsPlain(PackedModel model) => model.Tensors.Any(tensor => tensor.Name.EndsWith(Codes, StringComparison.Ordinal));

    public void Unpack(PackedModel model)
    {
        model.ForEach(tensor => tensor.Name.EndsWith(Codes, StringComparison.Ordinal), tensor =>
        {
            Add(model, tensor, tensor.Name[..^Codes.Length] + '.');
        });
    }

    private static void Add(PackedModel model, TensorInfo tensor, string module)
    {
        TensorInfo[] said = [.. _settings.Select(name => model.Need(tensor, module + name))];
        long[] numbers = [.. said.Take(3).Select(name => Integers.Read(model, name)[0])];
        (long bits, long axis, long size) = (numbers[0], numbers[1], numbers[2]);
        TensorShape shape = Integers.ReadShape(model, said[3]);
        TensorInfo scale = model.Need(tensor, module + "scale");
        TensorInfo zero = model.Need(tensor, module + "zero");
        if (bits is not (1 or 2 or 3 or 4 or 8) || axis is not (0 or 1) || size <= 0 || shape.ElementCount % size != 0
            || tensor.Shape.Rank != 2
            || tensor.DType.BlockBytes != (bits == 3 ? 4 : 1))
        {
            throw model.Fail(tensor,
                $"{tensor.DType} {tensor.Shape} does not hold {shape} in groups of {size} along axis {axis}, of {bits} bits");
        }

        long groups = shape.ElementCount / size;
        (long rows, long columns) = axis == 1 ? (groups, size) : (size, groups);
        int parts = bits == 3 ? 10 : 8 / (int)bits;
        if (tensor.Shape[1] != columns || tensor.Shape[0] * parts < rows || tensor.Shape[0] != GroupShape.Up(rows, parts)
            || scale.ElementCount != groups || zero.ElementCount != groups)
        {
            throw model.Fail(tensor,
                $"{tensor.Shape} does not hold {rows} × {columns} codes of {bits} bits, or '{scale.Name}' {scale.Shape} and "
                    + $"'{zero.Name}' {zero.Shape} do not scale them");
        }

        GroupShape grid = axis == 1 ? GroupShape.Of(1, rows, columns, 1, columns) : GroupShape.Of(1, rows, columns, rows, 1);
        model.Consume([.. said, scale, zero, .. _others.Select(name => model.Find(module + name))]);
        model.Add(tensor, module + "weight", shape, new GroupedMatrix
        {
            Codes = new LayeredCodes(tensor, (int)bits, bits == 3 ? 27 : 8 - (int)bits, -(int)bits),
            Table = Tables.Unsigned,
            Formula = GroupFormula.Shifted,
            Rows = rows,
            Columns = columns,
            Scales = model.Grid(scale, grid),
            Zeros = model.Grid(zero, grid),
            Groups = grid,
            Fail = reason => model.Fail(tensor, reason),
        });
    }
}
