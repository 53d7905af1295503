using MergeHost.Plugins.Metadata;

namespace MergeHost.Plugins;

/// <summary>Loads plugins when they are first needed, each version once, and creates their exports.</summary>
/// <remarks>May be used from several threads at once. Disposing it disposes what it created.</remarks>
internal sealed class PluginHost(IServiceProvider services) : IDisposable
{
    private readonly Dictionary<string, LoadedPlugin> _loaded = [];
    private readonly Lock _lock = new();

    /// <summary>Makes a new instance of an export.</summary>
    /// <typeparam name="T">The contract of the export's kind.</typeparam>
    /// <exception cref="MergeHostException">MH3002, MH3005: the plugin cannot be loaded, or the export not created.</exception>
    public T Create<T>(InstalledExport installed)
        where T : class => Load(installed.Plugin).Create<T>(installed.Export);

    /// <summary>The class of an export; it is loaded, and none of its code runs.</summary>
    /// <exception cref="MergeHostException">MH3002, MH3005: the plugin cannot be loaded, or has no such class.</exception>
    public Type TypeOf(InstalledExport installed) => Load(installed.Plugin).TypeOf(installed.Export);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (LoadedPlugin plugin in _loaded.Values)
        {
            plugin.Dispose();
        }

        _loaded.Clear();
    }

    private LoadedPlugin Load(PluginInfo plugin)
    {
        lock (_lock)
        {
            if (!_loaded.TryGetValue(plugin.AssemblyPath, out LoadedPlugin? loaded))
            {
                _loaded.Add(plugin.AssemblyPath, loaded = LoadedPlugin.Load(plugin, services));
            }

            return loaded;
        }
    }
}
