using System.Composition;
using System.Composition.Hosting;
using MergeHost.Plugins;
using Microsoft.Extensions.DependencyInjection;

namespace MergeHost.Tests.Plugins;

public sealed class HostServicesTests
{
    [Fact]
    public void Imports_OfWhatTheHostRegistered_GetTheHostsObject()
    {
        Uri uri = new("https://localhost");
        using ServiceProvider services = new ServiceCollection().AddSingleton(uri).BuildServiceProvider();
        using CompositionHost container = Container(services);

        Assert.Same(uri, container.GetExport<Part>().Uri);
    }

    [Fact]
    public void Imports_OfWhatNobodyRegistered_NameIt()
    {
        using ServiceProvider services = new ServiceCollection().BuildServiceProvider();
        using CompositionHost container = Container(services);

        CompositionFailedException exception = Assert.Throws<CompositionFailedException>(container.GetExport<Part>);

        Assert.Contains("Uri", exception.Message, StringComparison.Ordinal);
    }

    private static CompositionHost Container(IServiceProvider services) =>
        new ContainerConfiguration().WithPart<Part>().WithProvider(new HostServices(services)).CreateContainer();

    [Export]
    [method: ImportingConstructor]
    private sealed class Part(Uri uri)
    {
        public Uri Uri => uri;
    }
}
