using MergeHost.Plugins.Packings.Reading;
using MergeHost.Plugins.Packings.Schemes.Floats;

namespace MergeHost.Plugins.Packings.Schemes;

/// <summary>torchao: <c>(q − z) · s</c> of numbers of one byte each; its types of two numbers a byte are
/// made for one device and are refused.</summary>
internal sealed class TorchAo : IPackingScheme
{
    private const string Codes = "_qdata";

    public IReadOnlyList<string> Methods { get; } = ["torchao"];

    public void Unpack(PackedModel model)
    {
        model.ForEach(tensor => tensor.Name.EndsWith(Codes, StringComparison.Ordinal), tensor =>
        {
            if (!Float8.IsMatrix(tensor))
            {
                throw model.Settings!.Unsupported($"torchao's type of '{tensor.Name}' ({tensor.DType}), such as Int4Tensor, is not read");
            }

            string stem = tensor.Name[..^Codes.Length];
            TensorInfo scale = model.Need(tensor, stem + "_scale");
            TensorInfo? zeros = model.Find(stem + "_zero_point");
            GroupShape groups = new Layout(model, tensor, tensor.Shape.RowLength).Fit(scale);
            if (zeros is not null && zeros.ElementCount != scale.ElementCount)
            {
                throw model.Fail(tensor, $"'{zeros.Name}' {zeros.Shape} does not go with '{scale.Name}' {scale.Shape}");
            }

            model.Consume(scale, zeros);
            int last = stem.LastIndexOf('.') + 1;
            model.Add(tensor, stem[..last] + stem[last..].TrimStart('_'), tensor.Shape,
                Float8.Matrix(model, tensor, groups, model.Grid(scale, groups), zeros is null ? null : model.Grid(zeros, groups)));
        });
    }
}
