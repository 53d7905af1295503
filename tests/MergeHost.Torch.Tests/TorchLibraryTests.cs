using MergeHost.Torch.Native;
using TorchSharp;

namespace MergeHost.Torch.Tests;

public sealed class TorchLibraryTests
{
    [TorchFact]
    public void Require_OfTheProcessor_LoadsTheVersionThatTorchSharpIsBuiltFor()
    {
        TorchLibrary.Require(new DeviceSpec(DeviceKind.TorchCpu));
        Assert.StartsWith($"{TorchLibrary.Version}.", torch.__version__);
        Assert.True(File.Exists(Path.Combine(TorchLibrary.Folder, "libtorch_cpu.so")));
    }

    [TorchFact]
    public void Require_LeavesNoCopyOfLibtorchBesideTheApplication()
    {
        TorchLibrary.Require(new DeviceSpec(DeviceKind.TorchCpu));
        using torch.Tensor tensor = torch.ones(1);
        Assert.False(Directory.Exists(Path.Combine(AppContext.BaseDirectory, "cpu")));
    }

    [Fact]
    public void NoCuda_WhenLibtorchIsForTheProcessorOnly_NamesWhatIsMissing()
    {
        TorchFiles files = new("/opt/libtorch", ["/opt/libtorch/libtorch_cpu.so"], "/opt/bridge.so");
        MergeHostException exception = TorchLibrary.NoCuda(new DeviceSpec(DeviceKind.Cuda, 1), files);
        Assert.Equal(ErrorCodes.DeviceUnavailable, exception.Code);
        Problem problem = Assert.Single(exception.Problems);
        Assert.Equal(
            "device 'cuda:1': libtorch in '/opt/libtorch' is for the processor only: it has no libtorch_cuda.so", problem.Message);
        Assert.Contains("`mergehost torch install cuda`", problem.Hint);
    }

    [CudaFact]
    public void Require_OfAGpuThatIsNotThere_TellsHowManyThereAre()
    {
        MergeHostException exception =
            Assert.Throws<MergeHostException>(() => TorchLibrary.Require(new DeviceSpec(DeviceKind.Cuda, 1000)));
        Assert.Equal(ErrorCodes.DeviceUnavailable, exception.Code);
        Assert.Contains("'cuda:1000'", exception.Message);
    }
}
