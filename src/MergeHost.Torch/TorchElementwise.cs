using MergeHost.Kernels.Vectors.Loops;
using MergeHost.Lanes;
using MergeHost.Strategies;
using TorchSharp;

namespace MergeHost.Torch;

/// <summary>Runs elementwise kernels by libtorch.</summary>
public static class TorchElementwise
{
    /// <summary>Binds a treatment's kernel to a device and to the types of its inputs and of its output.</summary>
    /// <returns>
    /// What <see cref="ElementwiseLoop.Bind"/> returns, with the same bits but for the sign and payload of a NaN: it reads and
    /// writes the host's memory, and may be called from several threads.
    /// </returns>
    /// <exception cref="MergeHostException">MH3008: the device is not available.</exception>
    public static ElementwiseFunction Bind(
        ElementwiseTreatment treatment, DeviceSpec device, ElementFormat input, ElementFormat output) =>
        treatment.Accept(new Binder(TorchLibrary.Open(device), input, output));

    /// <summary>Bytes of an element.</summary>
    internal static int SizeOf(ElementFormat format) => format == ElementFormat.BFloat16 ? sizeof(ushort) : sizeof(float);

    private sealed class Binder(torch.Device device, ElementFormat input, ElementFormat output)
        : IElementwiseVisitor<ElementwiseFunction>
    {
        public unsafe ElementwiseFunction Visit<K>()
            where K : struct, IElementwiseKernel => Run<K>;

        private unsafe void Run<K>(in KernelRun run, byte* destination)
            where K : struct, IElementwiseKernel
        {
            using DisposeScope scope = torch.NewDisposeScope();
            TorchVec.Device = device;
            torch.Tensor result = K.Apply<TorchVec, TorchContext>(new TorchContext(run, input)).Tensor.expand(run.Count);
            torch.Tensor stored = output == ElementFormat.BFloat16 ? result.to(torch.bfloat16) : result;
            TorchMemory.Write(stored, destination + (run.Start * SizeOf(output)));
        }
    }
}
