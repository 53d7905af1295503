using MergeHost.Plugins.Packings.Reading;
using MergeHost.Plugins.Packings.Writing;

namespace MergeHost.Plugins.Packings.Schemes.Floats;

/// <summary>MXFP4 as gpt-oss has it: experts' matrices in blocks of 32, on their side.</summary>
internal sealed class Mxfp4 : IPackingScheme
{
    private const string Blocks = "_blocks";
    private const int Group = 32;

    public IReadOnlyList<string> Methods { get; } = ["mxfp4"];

    public bool IsPlain(PackedModel model) => model.Tensors.Any(IsBlocks);

    public void Unpack(PackedModel model)
    {
        model.ForEach(IsBlocks, tensor =>
        {
            string name = tensor.Name[..^Blocks.Length];
            TensorInfo scale = model.Need(tensor, name + "_scales");
            (long experts, long outputs, long groups) = (tensor.Shape[0], tensor.Shape[1], tensor.Shape[2]);
            if (scale.Shape != [experts, outputs, groups] || (scale.DType != DType.U8 && scale.DType != DType.F8_E8M0))
            {
                throw model.Fail(tensor,
                    $"blocks {tensor.Shape} need exponents [{experts}, {outputs}, {groups}], and '{scale.Name}' "
                        + $"is {scale.DType} {scale.Shape}");
            }

            long inputs = groups * Group;
            GroupShape shape = GroupShape.Of(experts, outputs, inputs, 1, Group);
            model.Consume(scale);
            model.AddTransposed(tensor, name, [experts, inputs, outputs],
                Float4.Matrix(model, tensor, experts * outputs, inputs, shape, model.Grid(scale, shape)), outputs, new BlockForm());
        });
    }

    private static bool IsBlocks(TensorInfo tensor) =>
        tensor.Name.EndsWith(Blocks, StringComparison.Ordinal) && tensor.DType == DType.U8 && tensor.Shape.Rank == 4
            && tensor.Shape[3] == Group / 2;
}
