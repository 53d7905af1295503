using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using MergeHost.Checkpoints;
using MergeHost.Kernels.DTypes;
using MergeHost.Models;

namespace MergeHost.Evaluation.Prediction;

/// <summary>The mean of some models in float32, in the middle between them; what is no number is the first's.
/// They stay open when it is disposed.</summary>
internal sealed class MeanCheckpoint : DerivedCheckpoint
{
    private readonly IReadOnlyList<InputModel> _models;
    private readonly HashSet<string> _averaged;

    /// <param name="models">The models, at least one; configuration and tokenizer are the first's.</param>
    public MeanCheckpoint(IReadOnlyList<InputModel> models)
        : base(models[0].Open(), leaveOpen: true)
    {
        _models = models;
        _averaged =
        [
            .. Inner.Tensors.Where(tensor => models.All(model =>
                model.Tensors.TryGetValue(tensor.Name, out TensorInfo? own) && own.Shape.Equals(tensor.Shape)
                    && DTypeConversion.CanDecode(own.DType))).Select(tensor => tensor.Name),
        ];
        Tensors = [.. Inner.Tensors.Select(tensor => _averaged.Contains(tensor.Name) ? tensor with { DType = DType.F32 } : tensor)];
    }

    public override IReadOnlyList<TensorInfo> Tensors { get; }

    public override IReadOnlyList<Problem> Warnings => [];

    public override string Identity => string.Join('\n', _models.Select(model => model.Identity).Prepend("mean"));

    public override void Read(TensorInfo tensor, long firstElement, Span<byte> destination)
    {
        if (!_averaged.Contains(tensor.Name))
        {
            base.Read(tensor, firstElement, destination);
            return;
        }

        Span<float> sum = MemoryMarshal.Cast<byte, float>(destination);
        sum.Clear();
        float[] values = new float[sum.Length];
        foreach (InputModel model in _models)
        {
            model.Open().ReadSingle(model.Tensors[tensor.Name], firstElement, values);
            TensorPrimitives.Add(sum, values, sum);
        }

        TensorPrimitives.Divide(sum, _models.Count, sum);
    }
}
