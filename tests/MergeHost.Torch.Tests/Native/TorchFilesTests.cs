using MergeHost.Torch.Native;

namespace MergeHost.Torch.Tests.Native;

public sealed class TorchFilesTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("mergehost-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Find_InAFolderOfLibtorch_OrdersWhatIsThere()
    {
        Fill("libtorch.so", "libtorch_cuda.so", "libtorch_cpu.so", "libc10_cuda.so", "libc10.so", "libshm.so", "libLibTorchSharp.so");
        TorchFiles files = TorchFiles.Find(null, ["/nowhere", _folder]);
        Assert.Equal(
            ["libc10.so", "libtorch_cpu.so", "libc10_cuda.so", "libtorch_cuda.so", "libtorch.so"],
            files.Libraries.Select(Path.GetFileName));
        Assert.Equal(Path.Combine(_folder, "libLibTorchSharp.so"), files.Bridge);
        Assert.True(files.HasCuda);
    }

    [Fact]
    public void Find_WhenAFolderIsChosen_TakesTheBridgeFromTheApplication()
    {
        string app = Directory.CreateDirectory(Path.Combine(_folder, "app")).FullName;
        Fill("libtorch_cpu.so", "app/libtorch_cpu.so", "app/libLibTorchSharp.so");
        TorchFiles files = TorchFiles.Find(_folder, [app]);
        Assert.Equal((_folder, Path.Combine(app, "libLibTorchSharp.so")), (files.Folder, files.Bridge));
        Assert.False(files.HasCuda);
    }

    [Fact]
    public void Find_WhenTheChosenFolderIsEmpty_NamesFolderAndVariable()
    {
        Problem problem = Refusal(_folder, ["/nowhere"]);
        Assert.Equal($"libtorch_cpu.so is not in '{_folder}'", problem.Message);
        Assert.Contains("MERGEHOST_LIBTORCH", problem.Hint);
    }

    [Fact]
    public void Find_WhenNoFolderHasIt_NamesTheCommandThatInstallsIt()
    {
        Problem problem = Refusal(null, ["/nowhere", _folder]);
        Assert.Equal("libtorch 2.10 is not installed", problem.Message);
        Assert.Contains("`mergehost torch install cpu`", problem.Hint);
        Assert.Contains("MERGEHOST_LIBTORCH", problem.Hint);
    }

    [Fact]
    public void Find_WhenTwoFoldersHaveIt_TakesTheFirst_AndTheBridgeFromWhereItIs()
    {
        Directory.CreateDirectory(Path.Combine(_folder, "installed"));
        Directory.CreateDirectory(Path.Combine(_folder, "app"));
        Fill("installed/libtorch_cpu.so", "app/libtorch_cpu.so", "app/libLibTorchSharp.so");
        TorchFiles files = TorchFiles.Find(null, [Path.Combine(_folder, "installed"), Path.Combine(_folder, "app")]);
        Assert.Equal((Path.Combine(_folder, "installed"), Path.Combine(_folder, "app", "libLibTorchSharp.so")),
            (files.Folder, files.Bridge));
    }

    [Fact]
    public void Find_WhenTheBridgeIsMissing_NamesIt()
    {
        Fill("libtorch_cpu.so");
        Assert.Contains("libLibTorchSharp.so is not in", Refusal(null, [_folder]).Message);
    }

    private static Problem Refusal(string? chosen, string[] appFolders)
    {
        MergeHostException exception = Assert.Throws<MergeHostException>(() => TorchFiles.Find(chosen, appFolders));
        Assert.Equal(ErrorCodes.DeviceUnavailable, exception.Code);
        return Assert.Single(exception.Problems);
    }

    private void Fill(params string[] names)
    {
        foreach (string name in names)
        {
            File.WriteAllText(Path.Combine(_folder, name), "");
        }
    }
}
