using MergeHost.Algebra;
using MergeHost.Strategies;
using TorchSharp;

namespace MergeHost.Torch.Tests;

public sealed class TorchTreatmentTests
{
    [TorchTheory]
    [InlineData(DeviceKind.Cpu)]
    [InlineData(DeviceKind.TorchCpu)]
    public void Merge_FillsTheResult(DeviceKind device)
    {
        WholeTensors tensors = Tensors([2, 3], [1, 2, 3, 4, 5, 6], [3, 2, 1, 0, 5, 8]);
        Merge(t => t.Base + (t.Sources[0] - t.Base) * 0.5, tensors, device);
        Assert.Equal([2, 2, 2, 2, 5, 7], tensors.Result.Elements.ToArray());
    }

    [CudaFact]
    public void Merge_OnAGpu_FillsTheResult()
    {
        WholeTensors tensors = Tensors([2, 3], [1, 2, 3, 4, 5, 6], [3, 2, 1, 0, 5, 8]);
        Merge(t => t.Base + (t.Sources[0] - t.Base) * 0.5, tensors, DeviceKind.Cuda);
        Assert.Equal([2, 2, 2, 2, 5, 7], tensors.Result.Elements.ToArray());
    }

    [TorchFact]
    public void Merge_OfAVector_SeesOneExtent()
    {
        WholeTensors tensors = Tensors([4], [1, 2, 3, 4], [1, 1, 1, 1]);
        Merge(t => t.Base * t.Base.dim(), tensors);
        Assert.Equal([1, 2, 3, 4], tensors.Result.Elements.ToArray());
    }

    [TorchFact]
    public void Merge_OfMoreExtents_SeesThemAll()
    {
        long[] seen = [];
        WholeTensors tensors = Tensors([2, 1, 3], [1, 2, 3, 4, 5, 6], [0, 0, 0, 0, 0, 0]);
        Merge(
            t =>
            {
                seen = t.Sources[0].shape;
                return t.Base;
            },
            tensors);
        Assert.Equal([2, 1, 3], seen);
        Assert.Equal([1, 2, 3, 4, 5, 6], tensors.Result.Elements.ToArray());
    }

    [TorchFact]
    public void Merge_OfASourceWithMoreRows_SeesThemAll()
    {
        WholeTensors tensors = Tensors([2, 2], [0, 0, 0, 0], [1, 2, 3, 4, 5, 6]);
        Merge(t => t.Sources[0][..2], tensors);
        Assert.Equal([1, 2, 3, 4], tensors.Result.Elements.ToArray());
    }

    [TorchFact]
    public void Merge_WhenTheResultIsFloat64AndTransposed_WritesItInOrder()
    {
        WholeTensors tensors = Tensors([2, 2], [1, 2, 3, 4], [0, 0, 0, 0]);
        Merge(t => t.Base.to(torch.float64).mT, tensors);
        Assert.Equal([1, 3, 2, 4], tensors.Result.Elements.ToArray());
    }

    [TorchFact]
    public void Merge_WhenTheStrategyWorksInPlace_LeavesTheHostsMemoryAsItIs()
    {
        WholeTensors tensors = Tensors([1, 2], [1, 2], [3, 4]);
        Merge(t => t.Base.add_(t.Sources[0]), tensors);
        Assert.Equal([1, 2], tensors.Base!.Value.Elements.ToArray());
        Assert.Equal([4, 6], tensors.Result.Elements.ToArray());
    }

    [TorchFact]
    public void Merge_WhenTheShapeIsAnother_NamesTensorAndBothShapes()
    {
        WholeTensors tensors = Tensors([2, 3], [1, 2, 3, 4, 5, 6], [0, 0, 0, 0, 0, 0]);
        MergeException exception = Assert.Throws<MergeException>(() => Merge(t => t.Base.mT, tensors));
        Assert.Equal(ErrorCodes.StrategyFailed, exception.Code);
        Assert.Contains("'model.norm.weight'", exception.Message);
        Assert.Contains("expected a result of shape [2, 3], found [3, 2]", exception.Message);
    }

    [TorchFact]
    public void Base_WhenThereIsNone_NamesTheTensor()
    {
        WholeTensors tensors = Tensors([2], null, [1, 2]);
        InvalidOperationException exception = Assert.Throws<InvalidOperationException>(() => Merge(t => t.Base, tensors));
        Assert.Contains("'model.norm.weight'", exception.Message);
    }

    [TorchFact]
    public void Merge_LeavesNoTensorAlive()
    {
        WholeTensors tensors = Tensors([2, 3], [1, 2, 3, 4, 5, 6], [3, 2, 1, 0, 5, 8]);
        long before = torch.Tensor.TotalCount;
        Merge(t => (t.Base * 2) + t.Sources[0].sum(dim: 0) - t.Base, tensors);
        Assert.Throws<MergeException>(() => Merge(t => t.Base.mT, tensors));
        Assert.Equal(before, torch.Tensor.TotalCount);
    }

    private static void Merge(Func<TorchTensors, torch.Tensor> merge, WholeTensors tensors, DeviceKind device = DeviceKind.Cpu) =>
        ((WholeTensorTreatment)Treatment.Torch(merge)).Merge(tensors, new TorchLinearAlgebra(default), new DeviceSpec(device));

    private static WholeTensors Tensors(TensorShape shape, float[]? @base, float[] source)
    {
        int columns = (int)shape[shape.Rank - 1];
        return new WholeTensors
        {
            Output = new TensorInfo("model.norm.weight", DType.F32, shape),
            Base = @base is null ? null : new Matrix<float>(@base.Length / columns, columns, @base),
            Sources = [new Matrix<float>(source.Length / columns, columns, source)],
            Result = new Matrix<float>((int)shape.ElementCount / columns, columns),
        };
    }
}
