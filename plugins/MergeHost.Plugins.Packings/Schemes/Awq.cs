using MergeHost.Checkpoints;
using MergeHost.Plugins.Packings.Reading;
using MergeHost.Plugins.Packings.Reading.Codes;
using MergeHost.Plugins.Packings.Writing;

namespace MergeHost.Plugins.Packings.Schemes;

/// <summary>AWQ's <c>gemm</c>: <c>(q − z) · s</c>, packed along the outputs, even ones first.</summary>
internal sealed class Awq : IPackingScheme
{
    private const int Bits = 4;
    private const int PerWord = 32 / Bits;

    public IReadOnlyList<string> Methods { get; } = ["awq"];

    public void Unpack(PackedModel model)
    {
        PackingSettings settings = model.Settings!;
        string version = settings.Fields["version"].AsText() ?? settings.Fields["checkpoint_format"].AsText()
            ?? settings.Fields["format"].AsText() ?? "gemm";
        if (!version.Equals("gemm", StringComparison.OrdinalIgnoreCase))
        {
            throw settings.Unsupported($"AWQ in the format '{version}' is not read");
        }

        if ((settings.Fields["bits"] ?? settings.Fields["w_bit"]).AsInt() != Bits)
        {
            throw settings.Fail($"'bits' is {(settings.Fields["bits"] ?? settings.Fields["w_bit"]).Words()}; AWQ has {Bits}");
        }

        int? group = (settings.Fields["group_size"] ?? settings.Fields["q_group_size"]).AsInt();
        model.ForEach(tensor => tensor.Name.EndsWith(".qweight", StringComparison.Ordinal), tensor =>
        {
            Add(model, tensor, tensor.Name[..^".qweight".Length], group);
        });
    }

    private static void Add(PackedModel model, TensorInfo tensor, string module, int? group)
    {
        TensorInfo scales = model.Need(tensor, module + ".scales");
        TensorInfo zeros = model.Need(tensor, module + ".qzeros");
        if (tensor is not { Shape.Rank: 2, DType.BlockBytes: 4 } || scales.Shape.Rank != 2 || scales.Shape[0] == 0)
        {
            throw model.Fail(tensor,
                $"expected words of 32 bits in two dimensions, with scales of two, found {tensor.DType} {tensor.Shape} and {scales.Shape}");
        }

        (long inputs, long outputs, long groups) = (tensor.Shape[0], tensor.Shape[1] * PerWord, scales.Shape[0]);
        long size = group is > 0 ? group.Value : inputs;
        if (scales.Shape[1] != outputs || zeros.Shape != [groups, tensor.Shape[1]] || GroupShape.Up(inputs, size) != groups)
        {
            throw model.Fail(tensor,
                $"{inputs} inputs of {outputs} outputs in groups of {size} do not fit '{scales.Name}' {scales.Shape} and "
                    + $"'{zeros.Name}' {zeros.Shape}");
        }

        GroupShape shape = GroupShape.Of(1, inputs, outputs, size, 1);
        model.Consume(scales, zeros);
        model.AddTransposed(tensor, module + ".weight", [outputs, inputs], new GroupedMatrix
        {
            Codes = new RowCodes(tensor, tensor.Shape[1] * 4, Bits, CodeOrder.EvenColumnsFirst),
            Table = Tables.Unsigned,
            Formula = GroupFormula.Shifted,
            Rows = inputs,
            Columns = outputs,
            Scales = model.Grid(scales, shape),
            Zeros = new CodeGrid(new RowCodes(zeros, zeros.Shape[1] * 4, Bits, CodeOrder.EvenColumnsFirst), Tables.Unsigned),
            Groups = shape,
            Fail = reason => model.Fail(tensor, reason),
        }, inputs, model.Settings!.Fields["zero_point"].AsTruth() == false ? null
            : new WordForm("awq", Bits, group is > 0 ? group.Value : 0, IsSymmetric: false, Added: 0, HasIndex: false, scales.DType));
    }
}
