using MergeHost.Torch.Native;

namespace MergeHost.Torch.Tests.Native;

public sealed class BridgeCopyTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("mergehost-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [TorchFact]
    public void Make_FromSeveralThreads_LeavesOneFile()
    {
        string bridge = TorchLibrary.Find().Bridge;
        Parallel.For(0, 8, _ => BridgeCopy.Make(bridge, _folder, isAllowed: true));
        Assert.Single(Directory.GetFiles(_folder));
    }

    [TorchFact]
    public void Make_WhenTheCopyIsThere_DoesNotWriteAgain()
    {
        string bridge = TorchLibrary.Find().Bridge;
        string path = BridgeCopy.Make(bridge, _folder, isAllowed: true);
        File.SetLastWriteTimeUtc(path, DateTime.UnixEpoch);
        Assert.Equal(path, BridgeCopy.Make(bridge, _folder, isAllowed: true));
        Assert.Equal(DateTime.UnixEpoch, File.GetLastWriteTimeUtc(path));
    }

    [TorchFact]
    public void Make_WhenTheCopyIsSpoilt_WritesItAgain()
    {
        string bridge = TorchLibrary.Find().Bridge;
        string path = BridgeCopy.Make(bridge, _folder, isAllowed: true);
        byte[] content = File.ReadAllBytes(path);
        File.WriteAllText(path, "spoilt");
        Assert.Equal(path, BridgeCopy.Make(bridge, _folder, isAllowed: true));
        Assert.Equal(content, File.ReadAllBytes(path));
    }

    [Fact]
    public void Make_WhenSwitchedOff_NamesTheSwitch()
    {
        Problem problem = Refusal("bridge.so", _folder, isAllowed: false);
        Assert.Contains("GLIBCXX_3.4.32", problem.Message);
        Assert.Contains("MERGEHOST_TORCH_COMPAT is off", problem.Message);
        Assert.Contains("unset MERGEHOST_TORCH_COMPAT", problem.Hint);
    }

    [Fact]
    public void Make_OfAnUnknownBridge_TellsWhyItCannotBeAdapted()
    {
        string bridge = Path.Combine(_folder, "bridge.so");
        File.WriteAllText(bridge, "no library");
        Assert.Contains("not an ELF library", Refusal(bridge, _folder).Message);
        Assert.Single(Directory.GetFiles(_folder));
    }

    [TorchFact]
    public void Make_WhereNothingCanBeWritten_TellsTheWayOut()
    {
        string file = Path.Combine(_folder, "file");
        File.WriteAllText(file, "");
        Problem problem = Refusal(TorchLibrary.Find().Bridge, Path.Combine(file, "cache"));
        Assert.Contains("cannot be written", problem.Message);
        Assert.Contains("XDG_CACHE_HOME", problem.Hint);
    }

    private static Problem Refusal(string bridge, string folder, bool isAllowed = true)
    {
        MergeHostException exception = Assert.Throws<MergeHostException>(() => BridgeCopy.Make(bridge, folder, isAllowed));
        Assert.Equal(ErrorCodes.DeviceUnavailable, exception.Code);
        return Assert.Single(exception.Problems);
    }
}
