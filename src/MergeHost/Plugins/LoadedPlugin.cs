using System.Composition;
using System.Composition.Hosting;
using System.Composition.Hosting.Core;
using System.Reflection;
using McMaster.NETCore.Plugins;
using MergeHost.Plugins.Metadata;

namespace MergeHost.Plugins;

/// <summary>A version of a plugin, loaded into a context of its own beside all others.</summary>
/// <remarks>The assemblies stay until the process ends; disposing ends the life of the instances that were created.</remarks>
internal sealed class LoadedPlugin : IDisposable
{
    private readonly PluginLoader _loader;
    private readonly CompositionHost _exports;

    private readonly Type[] _types;

    private LoadedPlugin(PluginInfo info, PluginLoader loader, Type[] types, CompositionHost exports)
    {
        _types = types;
        Info = info;
        _loader = loader;
        _exports = exports;
    }

    /// <summary>What was loaded.</summary>
    public PluginInfo Info { get; }

    /// <summary>Loads a plugin; none of its code runs yet.</summary>
    /// <param name="info">What to load.</param>
    /// <param name="services">What its exports may import.</param>
    /// <exception cref="MergeHostException">MH3002: a dependency is wrong; MH3005: the assembly cannot be loaded.</exception>
    public static LoadedPlugin Load(PluginInfo info, IServiceProvider services)
    {
        (IReadOnlyList<Problem> problems, IReadOnlyList<string> shared) = PluginVerifier.Verify(info);
        if (problems.Count > 0)
        {
            throw new MergeHostException(problems);
        }

        PluginLoader? loader = null;
        try
        {
            loader = PluginLoader.CreateFromAssemblyFile(info.AssemblyPath, config => Configure(config, shared));
            Type[] types = loader.LoadDefaultAssembly().GetTypes();
            CompositionHost exports = new ContainerConfiguration()
                .WithParts(types.Where(IsSoundPart))
                .WithProvider(new HostServices(services))
                .CreateContainer();
            return new LoadedPlugin(info, loader, types, exports);
        }
        catch (Exception exception)
        {
            loader?.Dispose();
            throw Failed(info, "cannot be loaded", exception);
        }
    }

    /// <summary>Makes a new instance of an export, which lives as long as this object.</summary>
    /// <typeparam name="T">The contract of the export's kind.</typeparam>
    /// <exception cref="MergeHostException">MH3005: an import is not there, or the constructor failed.</exception>
    public T Create<T>(PluginExport export)
        where T : class
    {
        // The constraint picks the class before MEF looks at its imports, so that no export suffers for another.
        CompositionContract contract = new(export.Kind.Contract(), null, new Dictionary<string, object> { ["Id"] = export.Id });
        try
        {
            return _exports.TryGetExport(contract, out object? instance)
                ? (T)instance
                : throw new CompositionFailedException($"its class is abstract or is no {contract.ContractType.Name}");
        }
        catch (Exception exception)
        {
            throw Failed(Info, $"{export} cannot be created", exception);
        }
    }

    /// <summary>The class of an export; none of its code runs.</summary>
    /// <exception cref="MergeHostException">MH3005: there is none.</exception>
    public Type TypeOf(PluginExport export) => _types.FirstOrDefault(type => type.GetCustomAttributes<ExportAttribute>(inherit: false).Any(
            attribute => attribute.ContractType == export.Kind.Contract()
                && attribute.GetType().GetProperty("Id")?.GetValue(attribute) is string id && id == export.Id))
        ?? throw Failed(Info, $"{export} cannot be described", new CompositionFailedException("its class is not there"));

    /// <inheritdoc/>
    public void Dispose()
    {
        _exports.Dispose();
        _loader.Dispose();
    }

    private static void Configure(PluginConfig config, IReadOnlyList<string> shared)
    {
        // Lazy, and only what this plugin needs: each name given here is loaded at once, and all that it refers to if not lazy.
        config.IsLazyLoaded = true;
        config.DefaultContext = SharedAssemblies.Context;
        foreach (string name in shared)
        {
            config.SharedAssemblies.Add(new AssemblyName(name));
        }
    }

    // One class that is not what it is exported as would cost MEF the whole plugin.
    private static bool IsSoundPart(Type type)
    {
        ExportAttribute[] exports = [.. type.GetCustomAttributes<ExportAttribute>(inherit: false)];
        return exports.Length > 0 && exports.All(export => export.ContractType?.IsAssignableFrom(type) != false);
    }

    private static MergeHostException Failed(PluginInfo info, string what, Exception exception)
    {
        IEnumerable<string> reasons = exception is ReflectionTypeLoadException types
            ? types.LoaderExceptions.OfType<Exception>().Select(inner => inner.Message).Distinct()
            : [exception.GetBaseException().Message];
        string reason = string.Join("; ", reasons).ReplaceLineEndings(" ");
        return new MergeHostException(new Problem(ErrorCodes.PluginFailed, $"plugin {info}: {what}: {reason}",
            "Use another version of the plugin, or tell its author."), exception);
    }
}
