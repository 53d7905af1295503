using System.Xml.Linq;
using MergeHost.Plugins.Metadata;

namespace MergeHost.Tests.Plugins;

public sealed class SharedAssembliesTests
{
    [Fact]
    public void Names_AreThoseThatTheBuildKeepsOutOfAPluginsFolder()
    {
        XDocument targets = XDocument.Load(Path.Combine(AppContext.BaseDirectory, "MergeHost.Abstractions.targets"));

        Assert.Equal(Listed("MergeHostShared"), SharedAssemblies.Names.Order());
        Assert.Equal(Listed("MergeHostSharedWithTorch"), SharedAssemblies.WithTorch.Order());

        IEnumerable<string> Listed(string property) =>
            targets.Descendants(property).Single().Value.Split(';', StringSplitOptions.RemoveEmptyEntries).Order();
    }

    [Theory]
    [InlineData("System.Runtime", true)]
    [InlineData("System.Linq", true)]
    [InlineData("YamlDotNet", false)]
    [InlineData("MergeHost", false)]
    public void IsFramework_ForAnAssemblyThatTheHostUses_HoldsOnlyIfDotNetBringsIt(string name, bool isFramework)
    {
        Assert.Equal(isFramework, SharedAssemblies.IsFramework(name));
        Assert.NotNull(SharedAssemblies.HostVersion(name));
    }

    [Fact]
    public void HostVersion_OfAnAssemblyThatIsNotThere_IsUnknown() =>
        Assert.Null(SharedAssemblies.HostVersion("Fixture.PrivLib"));
}
