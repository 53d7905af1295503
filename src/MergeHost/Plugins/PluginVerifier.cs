using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using MergeHost.Plugins.Metadata;

namespace MergeHost.Plugins;

/// <summary>Checks on disk, before loading, that each assembly a plugin needs is where it must be.</summary>
/// <remarks>
/// Loading would not tell: a missing assembly shows at the first call that needs it, a second copy of a shared one not at all.
/// </remarks>
internal static class PluginVerifier
{
    private const string Reinstall = "Install the plugin again.";

    /// <summary>Follows a plugin's references, and theirs, as far as its folder goes.</summary>
    /// <returns>What is wrong, MH3002, empty if the plugin can be loaded; and the shared assemblies that it needs.</returns>
    public static (IReadOnlyList<Problem> Problems, IReadOnlyList<string> Shared) Verify(PluginInfo plugin)
    {
        Dictionary<string, string> own = Directory.EnumerateFiles(plugin.Folder, "*.dll", SearchOption.AllDirectories)
            .GroupBy(path => Path.GetFileNameWithoutExtension(path), StringComparer.OrdinalIgnoreCase)
            .ToDictionary(group => group.Key, group => group.First(), StringComparer.OrdinalIgnoreCase);
        bool usesTorch = UsesTorch(plugin, own);
        List<Problem> problems =
        [
            .. own.Where(pair => SharedAssemblies.Contains(pair.Key, usesTorch)).Select(pair => Dependency(plugin,
                $"brings '{Path.GetRelativePath(plugin.Folder, pair.Value)}', of which only the host's copy may be used",
                "Delete the file, or build the plugin with MergeHost.Abstractions' targets, which leave it out.")),
        ];
        SortedSet<string> shared = new(StringComparer.Ordinal);
        HashSet<Reference> seen = [];
        Queue<string> pending = new([plugin.AssemblyPath]);
        while (pending.TryDequeue(out string? path))
        {
            if (!TryRead(path, out _, out IReadOnlyList<Reference> references, out string? error))
            {
                problems.Add(Dependency(plugin, $"'{Path.GetFileName(path)}' cannot be read: {error}", Reinstall));
            }

            foreach (Reference reference in references.Where(seen.Add))
            {
                string name = reference.Name;
                if (SharedAssemblies.Contains(name, usesTorch) || (SharedAssemblies.IsLent(name) && !own.ContainsKey(name)))
                {
                    shared.Add(name);
                }

                string? ownPath = shared.Contains(name) ? null : own.GetValueOrDefault(name);
                if (Check(reference, ownPath, shared.Contains(name)) is var (what, hint))
                {
                    string needs = $"'{Path.GetFileName(path)}' needs '{name}' {reference.Version}";
                    problems.Add(Dependency(plugin, $"{needs}, {what}", hint));
                }

                if (ownPath is not null)
                {
                    pending.Enqueue(ownPath);
                }
            }
        }

        return ([.. problems.Distinct()], [.. shared]);
    }

    // It is asked before anything is shared, for what is shared depends on it.
    private static bool UsesTorch(PluginInfo plugin, Dictionary<string, string> own)
    {
        HashSet<string> seen = [plugin.AssemblyPath];
        Queue<string> pending = new(seen);
        while (pending.TryDequeue(out string? path))
        {
            TryRead(path, out _, out IReadOnlyList<Reference> references, out _);
            if (references.Any(reference => SharedAssemblies.IsTorch(reference.Name)))
            {
                return true;
            }

            foreach (string next in references.Select(reference => own.GetValueOrDefault(reference.Name)).OfType<string>().Where(seen.Add))
            {
                pending.Enqueue(next);
            }
        }

        return false;
    }

    private static (string What, string Hint)? Check(Reference reference, string? ownPath, bool isShared)
    {
        if (ownPath is not null)
        {
            return TryRead(ownPath, out Version? version, out _, out _) && version < reference.Version
                ? ($"the plugin's folder has {version}", Reinstall)
                : null;
        }

        // What the host uses itself but does not share may be another version tomorrow.
        if (!isShared && !SharedAssemblies.IsFramework(reference.Name))
        {
            return ("which is not in the plugin's folder", Reinstall);
        }

        Version? hostVersion = SharedAssemblies.HostVersion(reference.Name);
        if (hostVersion is null)
        {
            return ("which this host does not have", "Use a build of MergeHost that has it.");
        }

        return hostVersion < reference.Version
            ? ($"the host has {hostVersion}", "Update MergeHost, or install an older version of the plugin.")
            : null;
    }

    /// <summary>Reads an assembly's version and what it needs; a native library tells neither.</summary>
    private static bool TryRead(string path, out Version? version, out IReadOnlyList<Reference> references, out string? error)
    {
        version = null;
        references = [];
        error = null;
        try
        {
            using FileStream stream = File.OpenRead(path);
            using PEReader file = new(stream);
            if (file.HasMetadata)
            {
                MetadataReader metadata = file.GetMetadataReader();
                version = metadata.GetAssemblyDefinition().Version;
                references = [.. metadata.AssemblyReferences.Select(metadata.GetAssemblyReference)
                    .Select(reference => new Reference(metadata.GetString(reference.Name), reference.Version))];
            }

            return true;
        }
        catch (Exception exception)
        {
            // Any: there is no telling what a damaged file makes the metadata reader throw.
            error = exception.Message;
            return false;
        }
    }

    private static Problem Dependency(PluginInfo plugin, string what, string hint) =>
        new(ErrorCodes.PluginDependency, $"plugin {plugin}: {what}", hint);

    private sealed record Reference(string Name, Version Version);
}
