using System.Text.Json.Nodes;
using MergeHost.Checkpoints;
using MergeHost.Plugins.Packings.Reading;
using MergeHost.Plugins.Packings.Reading.Codes;
using MergeHost.Plugins.Packings.Writing;
using MergeHost.Storage.Text;

namespace MergeHost.Plugins.Packings.Schemes;

/// <summary>GPTQ: <c>(q − z) · s</c>, packed down the inputs, zero points stored less one in its first version.</summary>
internal sealed class Gptq : IPackingScheme
{
    public IReadOnlyList<string> Methods { get; } = ["gptq"];

    public void Unpack(PackedModel model)
    {
        PackingSettings settings = model.Settings!;
        string format = settings.Fields["checkpoint_format"].AsText() ?? settings.Fields["format"].AsText() ?? "gptq";
        if (format is not ("gptq" or "gptq_v2"))
        {
            throw settings.Unsupported($"GPTQ in the format '{format}' is not read");
        }

        (BoundedPattern Pattern, JsonNode? Own)[] rules = Rules(settings);
        model.ForEach(tensor => tensor.Name.EndsWith(".qweight", StringComparison.Ordinal), tensor =>
        {
            string module = tensor.Name[..^".qweight".Length];
            JsonNode? own = rules.FirstOrDefault(rule => rule.Pattern.Matches(module).Count > 0).Own;
            Add(model, tensor, module, ModuleSettings.Of(settings, own, module), isFirst: format == "gptq");
        });
    }

    // 'dynamic' has patterns of modules with settings of their own, for what is said to be packed (+) and not to be (-).
    private static (BoundedPattern Pattern, JsonNode? Own)[] Rules(PackingSettings settings) =>
    [
        .. (settings.Fields["dynamic"] as JsonObject ?? []).Select(rule => (
            new BoundedPattern($@"\A(?:{(rule.Key is ['+' or '-', ':', ..] ? rule.Key[2..] : rule.Key)})",
                reason => settings.Fail($"'dynamic' holds a pattern that is not read: {reason}")),
            rule.Value)),
    ];

    private static void Add(PackedModel model, TensorInfo tensor, string module, ModuleSettings settings, bool isFirst)
    {
        int bits = settings.Bits;
        TensorInfo scales = model.Need(tensor, module + ".scales");
        TensorInfo zeros = model.Need(tensor, module + ".qzeros");
        TensorInfo? index = model.Find(module + ".g_idx");
        if (tensor is not { Shape.Rank: 2, DType.BlockBytes: 4 } || scales.Shape.Rank != 2 || zeros.Shape.Rank != 2)
        {
            throw model.Fail(tensor,
                $"expected words of 32 bits in two dimensions, with scales and zero points of two, found {tensor.DType} {tensor.Shape}");
        }

        (long inputs, long outputs, long groups) = (tensor.Shape[0] * 32 / bits, tensor.Shape[1], scales.Shape[0]);
        if (index is not null && (index.ElementCount != inputs || index.DType != DType.I32))
        {
            throw model.Fail(tensor,
                $"{tensor.Shape[0]} words of {bits}-bit codes are {inputs} inputs, and '{index.Name}' "
                    + $"has {index.ElementCount} of {index.DType}");
        }

        if (index is null && settings.OrdersByActivation)
        {
            throw model.Fail(tensor, $"'{module}.g_idx' is missing, and 'desc_act' says that groups are not of neighbours");
        }

        long size = settings.GroupSize > 0 ? settings.GroupSize : inputs;
        if (scales.Shape[1] != outputs || GroupShape.Up(inputs, size) != groups || zeros.Shape[0] != groups
            || zeros.Shape[1] * 32 < outputs * bits || zeros.Shape[1] != GroupShape.Up(outputs * bits, 32))
        {
            throw model.Fail(tensor,
                $"{inputs} inputs of {outputs} outputs in groups of {size} do not fit '{scales.Name}' {scales.Shape} and "
                    + $"'{zeros.Name}' {zeros.Shape}");
        }

        GroupShape shape = GroupShape.Of(1, inputs, outputs, size, 1);
        model.Consume(scales, zeros, index);
        model.AddTransposed(tensor, module + ".weight", [outputs, inputs], new GroupedMatrix
        {
            Codes = new ColumnCodes(tensor, bits),
            Table = Tables.Unsigned,
            Formula = GroupFormula.Shifted,
            Rows = inputs,
            Columns = outputs,
            Scales = model.Grid(scales, shape),
            Zeros = Zeros(zeros, bits, isFirst),
            Groups = shape,
            Index = index,
            Fail = reason => model.Fail(tensor, reason),
        }, inputs, new WordForm("gptq", bits, settings.GroupSize > 0 ? settings.GroupSize : 0, settings.IsSymmetric, isFirst ? 1 : 0,
            index is not null, scales.DType));
    }

    // The first version takes 1 off each zero point: of 3 bits one by one, else off the whole word, where
    // a zero point of 0 borrows from its neighbour.
    private static CodeGrid Zeros(TensorInfo zeros, int bits, bool isFirst)
    {
        uint one = isFirst && 32 % bits == 0 ? uint.MaxValue / ((1u << bits) - 1) : 0;
        float[] table = isFirst && one == 0 ? Tables.Make(code => (code + 1) & ((1 << bits) - 1)) : Tables.Unsigned;
        return new CodeGrid(new RowCodes(zeros, zeros.Shape[1] * 4, bits, CodeOrder.Bits, one), table);
    }

    private sealed record ModuleSettings(int Bits, long GroupSize, bool OrdersByActivation, bool IsSymmetric)
    {
        public static ModuleSettings Of(PackingSettings settings, JsonNode? own, string module)
        {
            int bits = (own.Find("bits") ?? settings.Fields["bits"]).AsInt() ?? 0;
            int? group = (own.Find("group_size") ?? settings.Fields["group_size"]).AsInt();
            return bits is not (2 or 3 or 4 or 8)
                ? throw settings.Fail(
                    $"'bits' is {(own.Find("bits") ?? settings.Fields["bits"]).Words()} for '{module}'; expected 2, 3, 4 or 8")
                : group is null or 0
                    ? throw settings.Fail(
                        $"'group_size' is {(own.Find("group_size") ?? settings.Fields["group_size"]).Words()} for '{module}'; expected a "
                            + "whole number, or -1")
                : new(bits, group.Value, (own.Find("desc_act") ?? settings.Fields["desc_act"]).AsTruth() ?? false,
                    (own.Find("sym") ?? settings.Fields["sym"]).AsTruth() ?? true);
        }
    }
}
