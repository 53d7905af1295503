namespace MergeHost.Tests;

public sealed class DeviceSpecTests
{
    [Theory]
    [InlineData("cpu", DeviceKind.Cpu, 0, "cpu")]
    [InlineData("torch-cpu", DeviceKind.TorchCpu, 0, "torch-cpu")]
    [InlineData("cuda", DeviceKind.Cuda, 0, "cuda:0")]
    [InlineData("cuda:0", DeviceKind.Cuda, 0, "cuda:0")]
    [InlineData("cuda:12", DeviceKind.Cuda, 12, "cuda:12")]
    public void TryParse_OfAName_GivesTheDeviceThatPrintsAsIt(string text, DeviceKind kind, int index, string printed)
    {
        Assert.True(DeviceSpec.TryParse(text, out DeviceSpec device));
        Assert.Equal(new DeviceSpec(kind, index), device);
        Assert.Equal(printed, device.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("CPU")]
    [InlineData("gpu")]
    [InlineData("auto")]
    [InlineData("cuda:")]
    [InlineData("cuda:-1")]
    [InlineData("cuda: 1")]
    [InlineData("cuda:1x")]
    [InlineData("cuda:99999999999")]
    [InlineData("cpu:0")]
    public void TryParse_OfSomethingElse_SaysNo(string text) => Assert.False(DeviceSpec.TryParse(text, out _));
}
