using System.Composition.Hosting.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace MergeHost.Plugins;

/// <summary>
/// Lets the constructor of a plugin's export import what the host has registered as a singleton, and <see cref="ILogger{T}"/>.
/// </summary>
internal sealed class HostServices(IServiceProvider services) : ExportDescriptorProvider
{
    private readonly IServiceProviderIsService? _isService = services.GetService<IServiceProviderIsService>();

    /// <inheritdoc/>
    public override IEnumerable<ExportDescriptorPromise> GetExportDescriptors(
        CompositionContract contract, DependencyAccessor descriptorAccessor)
    {
        // A contract with a name or constraints is MEF's own: the service provider would answer for every IEnumerable<T>.
        if (contract.ContractName is not null || contract.MetadataConstraints?.Any() == true)
        {
            return NoExportDescriptors;
        }

        Type type = contract.ContractType;
        if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(ILogger<>))
        {
            return [Promise(contract, () => Logger(type.GenericTypeArguments[0]))];
        }

        return _isService?.IsService(type) == true
            ? [Promise(contract, () => services.GetRequiredService(type))]
            : NoExportDescriptors;
    }

    // Not through the service provider: it would remember a plugin's type for as long as it lives.
    private object Logger(Type category) => Activator.CreateInstance(
        typeof(Logger<>).MakeGenericType(category), services.GetService<ILoggerFactory>() ?? NullLoggerFactory.Instance)!;

    private static ExportDescriptorPromise Promise(CompositionContract contract, Func<object> create) => new(
        contract, "the host's services", true, NoDependencies, _ => ExportDescriptor.Create((_, _) => create(), NoMetadata));
}
