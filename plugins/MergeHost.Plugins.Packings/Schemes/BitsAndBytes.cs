using System.Text.Json.Nodes;
using MergeHost.Checkpoints;
using MergeHost.Plugins.Packings.Reading;
using MergeHost.Plugins.Packings.Reading.Codes;

namespace MergeHost.Plugins.Packings.Schemes;

/// <summary>bitsandbytes: nf4 and fp4 by the map that is stored, with scales that may be quantised again, and LLM.int8.</summary>
internal sealed class BitsAndBytes : IPackingScheme
{
    private const string State = ".quant_state.bitsandbytes__";

    public IReadOnlyList<string> Methods { get; } = ["bitsandbytes"];

    public bool IsPlain(PackedModel model) => model.Tensors.Any(tensor => tensor.Name.Contains(State, StringComparison.Ordinal));

    public void Unpack(PackedModel model)
    {
        model.ForEach(_ => true, tensor =>
        {
            int at = tensor.Name.IndexOf(State, StringComparison.Ordinal);
            if (at >= 0)
            {
                AddBlocks(model, tensor, tensor.Name[..at]);
            }
            else if (tensor.Name.EndsWith(".SCB", StringComparison.Ordinal))
            {
                AddRows(model, tensor, tensor.Name[..^".SCB".Length]);
            }
        });
    }

    private static void AddRows(PackedModel model, TensorInfo maxima, string module)
    {
        TensorInfo tensor = model.Need(maxima, module + ".weight");
        if (tensor is not { Shape.Rank: 2 } || tensor.DType != DType.I8 || maxima.ElementCount != tensor.Shape[0])
        {
            throw model.Fail(tensor,
                $"expected a matrix of I8 with a maximum for each row, found {tensor.DType} {tensor.Shape} with "
                    + $"'{maxima.Name}' {maxima.Shape}");
        }

        TensorInfo? format = model.Find(module + ".weight_format");
        if (format is not null && Integers.Read(model, format)[0] != 0)
        {
            throw model.Fail(tensor, $"'{format.Name}' says that its rows are not in order");
        }

        GroupShape groups = GroupShape.Of(1, tensor.Shape[0], tensor.Shape[1], 1, tensor.Shape[1]);
        model.Consume(maxima, format);
        model.Add(tensor, tensor.Name, tensor.Shape, new GroupedMatrix
        {
            Codes = new RowCodes(tensor, tensor.Shape[1], bits: 8),
            Table = Tables.Signed,
            Formula = GroupFormula.RowMaximum,
            Rows = tensor.Shape[0],
            Columns = tensor.Shape[1],
            Scales = model.Grid(maxima, groups),
            Groups = groups,
            Fail = reason => model.Fail(tensor, reason),
        });
    }

    private static void AddBlocks(PackedModel model, TensorInfo state, string name)
    {
        TensorInfo tensor = model.Need(state, name);
        TensorInfo absmax = model.Need(tensor, name + ".absmax");
        TensorInfo map = model.Need(tensor, name + ".quant_map");
        JsonNode? fields = PythonJson.Parse(Integers.Bytes(model, state), reason => model.Fail(state, reason));
        TensorShape shape = Integers.ToShape([.. fields.Find("shape").Items().Select(extent => extent.AsWhole() ?? -1)],
            () => model.Fail(state, $"it says the shape {fields.Find("shape").Words()}"));
        int size = fields.Find("blocksize").AsInt() ?? 0;
        long count = shape.ElementCount;
        if (shape.Rank == 0 || shape.Rank != fields.Find("shape").Items().Count || size <= 0
            || tensor.LengthBytes != GroupShape.Up(count, 2)
            || absmax.ElementCount != GroupShape.Up(count, size) || map.ElementCount != 16 || map.DType != DType.F32)
        {
            throw model.Fail(tensor,
                $"its quant_state says {shape} in blocks of {fields.Find("blocksize").Words()}, which do not "
                    + $"fit {tensor.LengthBytes} bytes with '{absmax.Name}' {absmax.Shape}");
        }

        GroupShape groups = GroupShape.Of(1, 1, count, 1, size);
        model.Consume(state, absmax, map);
        model.Add(tensor, name, shape, new GroupedMatrix
        {
            Codes = new RowCodes(tensor, tensor.LengthBytes, bits: 4, CodeOrder.UpperHalfFirst),
            Table = Map(model, map),
            Rows = 1,
            Columns = count,
            Scales = absmax.DType == DType.U8 ? Nested(model, tensor, absmax, name, fields) : model.Grid(absmax, groups),
            Groups = groups,
            Fail = reason => model.Fail(tensor, reason),
        });
    }

    private static float[] Map(PackedModel model, TensorInfo map)
    {
        float[] table = new float[256];
        model.Numbers(map).Read(model.Checkpoint, 0, table.AsSpan(0, (int)map.ElementCount));
        return table;
    }

    private static NestedGrid Nested(PackedModel model, TensorInfo tensor, TensorInfo absmax, string name, JsonNode? fields)
    {
        TensorInfo map = model.Need(tensor, name + ".nested_quant_map");
        TensorInfo nested = model.Need(tensor, name + ".nested_absmax");
        int size = fields.Find("nested_blocksize").AsInt() ?? 0;
        if (map.ElementCount != 256 || size <= 0 || nested.ElementCount != GroupShape.Up(absmax.ElementCount, size)
            || fields.Find("nested_offset").AsNumber() is not { } offset)
        {
            throw model.Fail(tensor,
                $"its quant_state says {fields.Words()}, which does not fit '{map.Name}' {map.Shape} and '{nested.Name}' {nested.Shape}");
        }

        model.Consume(map, nested);
        return new NestedGrid(new RowCodes(absmax, absmax.ElementCount, bits: 8), model.Numbers(map), model.Numbers(nested), size,
            (float)offset);
    }
}
