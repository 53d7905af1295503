using System.Text.Json.Nodes;
using MergeHost.Checkpoints;
using MergeHost.Plugins.Packings.Reading;
using MergeHost.Plugins.Packings.Reading.Codes;
using MergeHost.Plugins.Packings.Schemes.Floats;

namespace MergeHost.Plugins.Packings.Schemes;

/// <summary>MLX: <c>q · scale + bias</c> of 2 to 8 bits, or blocks of MXFP4, MXFP8 and NVFP4 without a global scale.</summary>
internal sealed class Mlx : IPackingScheme
{
    public IReadOnlyList<string> Methods { get; } = ["mlx"];

    public void Unpack(PackedModel model)
    {
        model.ForEach(tensor => tensor.Name.EndsWith(".scales", StringComparison.Ordinal), scale =>
        {
            string module = scale.Name[..^".scales".Length];
            Add(model, model.Need(scale, module + ".weight"), scale, module);
        });
    }

    private static void Add(PackedModel model, TensorInfo tensor, TensorInfo scale, string module)
    {
        JsonObject fields = model.Settings!.Fields;
        JsonNode? own = fields[module] as JsonObject;
        string mode = (own.Find("mode") ?? fields["mode"]).AsText() ?? "affine";
        int bits = (own.Find("bits") ?? fields["bits"]).AsInt() ?? 0;
        int? group = own is not null ? own.Find("group_size").AsInt() : fields["group_size"].AsInt();
        if (mode is not ("affine" or "mxfp4" or "mxfp8" or "nvfp4"))
        {
            throw model.Settings.Unsupported($"MLX's mode '{mode}' is not read");
        }

        if (tensor is not { Shape.Rank: >= 2, DType.BlockBytes: 4 } || bits is < 1 or > 8 || (mode is "mxfp4" or "nvfp4" && bits != 4)
            || (mode == "mxfp8" && bits != 8)
            || tensor.Shape.RowLength * 32 % bits != 0)
        {
            throw model.Fail(tensor, $"{tensor.DType} {tensor.Shape} does not hold {bits}-bit codes of mode '{mode}'");
        }

        TensorShape shape = Float4.Widened(tensor, tensor.Shape.RowLength * 32 / bits);
        Layout layout = new(model, tensor, shape.RowLength);
        GroupShape groups = layout.Fit(scale, group);
        TensorInfo? biases = mode == "affine" ? model.Need(tensor, module + ".biases") : null;
        if (biases is not null && biases.Shape != scale.Shape)
        {
            throw model.Fail(tensor, $"'{biases.Name}' {biases.Shape} does not go with '{scale.Name}' {scale.Shape}");
        }

        model.Consume(scale, biases);
        model.Add(tensor, tensor.Name, shape, new GroupedMatrix
        {
            Codes = new RowCodes(tensor, tensor.Shape.RowLength * 4, bits),
            Table = mode == "affine" ? Tables.Unsigned : mode == "mxfp8" ? Tables.E4M3 : Tables.E2M1,
            Formula = biases is null ? GroupFormula.Scaled : GroupFormula.Biased,
            Rows = layout.Rows,
            Columns = shape.RowLength,
            Scales = model.Grid(scale, groups, mode == "nvfp4" ? NumberKind.E4M3 : null),
            Zeros = biases is null ? null : model.Grid(biases, groups),
            Groups = groups,
            Fail = reason => model.Fail(tensor, reason),
        });
    }
}
