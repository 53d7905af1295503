using MergeHost.Algebra;
using MergeHost.Strategies;
using TorchSharp;

namespace MergeHost.Torch;

/// <summary>Treatments that are plain TorchSharp.</summary>
public static class TorchTreatment
{
    extension(Treatment)
    {
        /// <summary>Tensor arithmetic on the recipe's device, such as <c>t => t.Base + (t.Sources[0] - t.Base) * 0.5</c>.</summary>
        /// <remarks>It needs libtorch on every device, the processor too.</remarks>
        /// <param name="merge">
        /// Called once, on any thread; need dispose of nothing. Its result must have the output's shape, but may be of any dtype and on
        /// any device.
        /// </param>
        public static Treatment Torch(Func<TorchTensors, torch.Tensor> merge) => new Whole(merge);
    }

    private sealed class Whole(Func<TorchTensors, torch.Tensor> merge) : WholeTensorTreatment
    {
        public override unsafe void Merge(WholeTensors tensors, ILinearAlgebra algebra, DeviceSpec device)
        {
            torch.Device torchDevice = TorchLibrary.Open(device);
            using DisposeScope scope = torch.NewDisposeScope();
            torch.Tensor? @base = tensors.Base is { } matrix ? Read(matrix) : null;
            torch.Tensor result = merge(
                new TorchTensors(tensors.Output, torchDevice, @base, [.. tensors.Sources.Select(Read)], tensors.Cancellation));
            TensorShape shape = TensorShape.Create(result.shape);
            if (shape != tensors.Output.Shape)
            {
                throw new MergeException(new Problem(ErrorCodes.StrategyFailed,
                    $"tensor '{tensors.Output.Name}': expected a result of shape {tensors.Output.Shape}, found {shape}"));
            }

            fixed (float* destination = tensors.Result.Elements.Span)
            {
                TorchMemory.Write(result.to(torch.float32), destination);
            }

            torch.Tensor Read(Matrix<float> matrix)
            {
                fixed (float* source = matrix.Elements.Span)
                {
                    torch.Tensor flat = TorchMemory.Read(source, matrix.Elements.Length, torch.float32, torchDevice);
                    bool isLikeOutput = matrix.Elements.Length == tensors.Output.ElementCount;
                    return flat.view(isLikeOutput ? [.. tensors.Output.Shape] : [matrix.Rows, matrix.Columns]);
                }
            }
        }
    }
}
