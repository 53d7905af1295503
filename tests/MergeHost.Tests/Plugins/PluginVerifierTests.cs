using MergeHost.Plugins;
using MergeHost.Plugins.Metadata;

namespace MergeHost.Tests.Plugins;

public sealed class PluginVerifierTests : IDisposable
{
    private readonly PluginFolder _folder = new();

    [Theory]
    [InlineData("good/1.2.0")]
    [InlineData("odd/0.1.0-beta.1")]
    [InlineData("versions/1.0.0")]
    public void Verify_WhenAllIsThere_FindsNothing(string fixture) => Assert.Empty(Verify(fixture));

    [Fact]
    public void Verify_WhenAPrivateLibraryIsMissing_NamesItAndWhoNeedsIt()
    {
        File.Delete(Path.Combine(_folder.Add("versions/1.0.0"), "Fixture.PrivLib.dll"));

        Problem problem = Assert.Single(Verify());

        Assert.Equal(ErrorCodes.PluginDependency, problem.Code);
        Assert.Equal(
            "plugin 'versions' 1.0.0: 'Fixture.Versions.dll' needs 'Fixture.PrivLib' 1.0.0.0, "
            + "which is not in the plugin's folder",
            problem.Message);
    }

    [Fact]
    public void Verify_WhenAPrivateLibraryIsTooOld_NamesBothVersions()
    {
        string folder = _folder.Add("versions/2.0.0");
        PluginFolder.ReplacePrivateLibrary(folder, "versions/1.0.0");

        Problem problem = Assert.Single(Verify());

        Assert.Equal(ErrorCodes.PluginDependency, problem.Code);
        Assert.EndsWith("needs 'Fixture.PrivLib' 2.0.0.0, the plugin's folder has 1.0.0.0", problem.Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Verify_WhenAPrivateLibraryIsDamaged_NamesIt()
    {
        File.WriteAllText(Path.Combine(_folder.Add("versions/1.0.0"), "Fixture.PrivLib.dll"), "text");

        Problem problem = Assert.Single(Verify());

        Assert.Equal(ErrorCodes.PluginDependency, problem.Code);
        Assert.Contains("'Fixture.PrivLib.dll' cannot be read", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Verify_WhenThePluginBringsASharedAssembly_NamesTheFile()
    {
        string folder = _folder.Add("good/1.2.0");
        File.Copy(typeof(MergeHostException).Assembly.Location, Path.Combine(folder, "MergeHost.Abstractions.dll"));

        Problem problem = Assert.Single(Verify());

        Assert.Equal(ErrorCodes.PluginDependency, problem.Code);
        Assert.Contains("'good' 1.2.0: brings 'MergeHost.Abstractions.dll'", problem.Message, StringComparison.Ordinal);
    }

    // A copy of what no contract exposes is the plugin's own affair; TorchSharp's types reach what it brings.
    [Theory]
    [InlineData("good/1.2.0", "Google.Protobuf", false)]
    [InlineData("good/1.2.0", "SkiaSharp", false)]
    [InlineData("good/1.2.0", "ICSharpCode.SharpZipLib", false)]
    [InlineData("good/1.2.0", "System.Numerics.Tensors", false)]
    [InlineData("good/1.2.0", "TorchSharp", true)]
    [InlineData("torch/1.0.0", "Google.Protobuf", true)]
    [InlineData("torch/1.0.0", "SkiaSharp", true)]
    [InlineData("torch/1.0.0", "ICSharpCode.SharpZipLib", true)]
    [InlineData("torch/1.0.0", "System.Numerics.Tensors", false)]
    public void Verify_WhenAPluginBringsACopy_RefusesItOnlyWhereTheHostsIsShared(string fixture, string assembly, bool isRefused)
    {
        File.Copy(Path.Combine(AppContext.BaseDirectory, assembly + ".dll"), Path.Combine(_folder.Add(fixture), assembly + ".dll"));

        Assert.Equal(isRefused ? [$"brings '{assembly}.dll', of which only the host's copy may be used"] : [],
            Verify().Select(problem => problem.Message[(problem.Message.IndexOf(": ", StringComparison.Ordinal) + 2)..]));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Verify_OfSystemNumericsTensors_LendsTheHostsToAPluginWithoutACopy(bool hasCopy)
    {
        string folder = _folder.Add("good/1.2.0");
        if (hasCopy)
        {
            File.Copy(Path.Combine(AppContext.BaseDirectory, "System.Numerics.Tensors.dll"),
                Path.Combine(folder, "System.Numerics.Tensors.dll"));
        }

        (IReadOnlyList<Problem> problems, IReadOnlyList<string> shared) = PluginVerifier.Verify(Assert.Single(_folder.Scan().Plugins));

        Assert.Empty(problems);
        Assert.Equal(!hasCopy, shared.Contains("System.Numerics.Tensors"));
    }

    [Theory]
    [InlineData("System.Numerics.Tensors")]
    [InlineData("System.Runtime")]
    public void Verify_WhenTheHostsAssemblyIsOlderThanThePluginWants_NamesBothVersions(string assembly)
    {
        string folder = _folder.Add("good/1.2.0");
        PluginFolder.Rereference(Path.Combine(folder, "Fixture.Good.dll"), assembly, new Version(77, 3));

        Problem problem = Assert.Single(Verify());

        Assert.Equal(ErrorCodes.PluginDependency, problem.Code);
        Assert.EndsWith($"needs '{assembly}' 77.3.0.0, the host has {SharedAssemblies.HostVersion(assembly)}", problem.Message,
            StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    private IReadOnlyList<Problem> Verify(params string[] fixtures) =>
        PluginVerifier.Verify(Assert.Single(_folder.Scan(fixtures).Plugins)).Problems;
}
