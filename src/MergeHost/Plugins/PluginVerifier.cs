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
        Dictionary<string, AssemblyFile> known = [];
        bool usesTorch = UsesTorch(plugin, own, known);
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
            AssemblyFile file = Read(path, known);
            if (file.Error is not null)
            {
                problems.Add(Dependency(plugin, $"'{Path.GetFileName(path)}' cannot be read: {file.Error}", Reinstall));
            }

            foreach (Reference reference in file.References.Where(seen.Add))
            {
                string name = reference.Name;
                if (SharedAssemblies.Contains(name, usesTorch) || (SharedAssemblies.IsLent(name) && !own.ContainsKey(name)))
                {
                    shared.Add(name);
                }

                string? ownPath = shared.Contains(name) ? null : own.GetValueOrDefault(name);
                if (Check(reference, ownPath is null ? null : Read(ownPath, known), shared.Contains(name)) is var (what, hint))
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
    private static bool UsesTorch(PluginInfo plugin, Dictionary<string, string> own, Dictionary<string, AssemblyFile> known)
    {
        HashSet<string> seen = [plugin.AssemblyPath];
        Queue<string> pending = new(seen);
        while (pending.TryDequeue(out string? path))
        {
            IReadOnlyList<Reference> references = Read(path, known).References;
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

    private static (string What, string Hint)? Check(Reference reference, AssemblyFile? own, bool isShared)
    {
        if (own is not null)
        {
            return own.Error is null && own.Version < reference.Version ? ($"the plugin's folder has {own.Version}", Reinstall) : null;
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

    // Each once, however many need it.
    private static AssemblyFile Read(string path, Dictionary<string, AssemblyFile> known)
    {
        if (!known.TryGetValue(path, out AssemblyFile? file))
        {
            known.Add(path, file = Read(path));
        }

        return file;
    }

    private static AssemblyFile Read(string path)
    {
        try
        {
            using FileStream stream = File.OpenRead(path);
            using PEReader file = new(stream);
            if (!file.HasMetadata)
            {
                return new AssemblyFile(null, [], null);
            }

            MetadataReader metadata = file.GetMetadataReader();
            return new AssemblyFile(
                metadata.GetAssemblyDefinition().Version,
                [.. metadata.AssemblyReferences.Select(metadata.GetAssemblyReference)
                    .Select(reference => new Reference(metadata.GetString(reference.Name), reference.Version))],
                null);
        }
        catch (Exception exception)
        {
            // Any: there is no telling what a damaged file makes the metadata reader throw.
            return new AssemblyFile(null, [], exception.Message);
        }
    }

    private static Problem Dependency(PluginInfo plugin, string what, string hint) =>
        new(ErrorCodes.PluginDependency, $"plugin {plugin}: {what}", hint);

    private sealed record Reference(string Name, Version Version);

    /// <summary>An assembly's version and what it needs; a native library tells neither.</summary>
    private sealed record AssemblyFile(Version? Version, IReadOnlyList<Reference> References, string? Error);
}
