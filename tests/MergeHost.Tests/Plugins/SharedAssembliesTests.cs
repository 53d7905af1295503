using System.Xml.Linq;
using MergeHost.Plugins.Metadata;

namespace MergeHost.Tests.Plugins;

public sealed class SharedAssembliesTests
{
    [Fact]
    public void Names_AreThoseThatTheBuildKeepsOutOfAPluginsFolder()
    {
        string shared = XDocument.Load(Path.Combine(AppContext.BaseDirectory, "MergeHost.Abstractions.targets"))
            .Descendants("MergeHostShared").Single().Value;

        Assert.Equal(shared.Split(';', StringSplitOptions.RemoveEmptyEntries).Order(), SharedAssemblies.Names.Order());
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
