using System.Collections.Immutable;
using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using NuGet.Versioning;

namespace MergeHost.Plugins.Metadata;

/// <summary>Reads what a plugin says of itself from its assembly's metadata; no code of the plugin is loaded or run.</summary>
internal static class PluginReader
{
    /// <summary>What <see cref="IsId"/> asks for, in words.</summary>
    public const string IdRule = "ids are lower-case letters, digits and hyphens";

    private const string DepsExtension = ".deps.json";

    private static readonly AttributeTypes _types = new();

    /// <summary>Whether a folder looks as if a plugin lay in it.</summary>
    public static bool IsPluginFolder(string folder) => Directory.EnumerateFiles(folder, "*" + DepsExtension).Any();

    /// <summary>Whether a text is fit to be a plugin's id.</summary>
    public static bool IsId(string text) =>
        text.Length > 0 && text.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-');

    /// <summary>Reads the plugin in a folder.</summary>
    /// <exception cref="MergeHostException">MH3001: the folder holds no plugin, or one that cannot be read.</exception>
    public static PluginInfo Read(string folder, string root)
    {
        string path = folder;
        try
        {
            path = FindAssembly(folder);
            using FileStream stream = File.OpenRead(path);
            CheckStart(stream, path);
            using PEReader file = new(stream, PEStreamOptions.PrefetchMetadata);
            return file.HasMetadata
                ? Read(file.GetMetadataReader(), path, folder, root)
                : throw Unreadable(path, "is a native library, not a .NET assembly");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Unreadable(path, exception.Message, inner: exception);
        }
        catch (Exception exception) when (exception is not MergeHostException)
        {
            // Any: there is no telling what a damaged file makes the metadata reader throw.
            throw Unreadable(path, $"is damaged or cut short: {exception.Message}", inner: exception);
        }
    }

    private static string FindAssembly(string folder)
    {
        string[] deps = [.. Directory.EnumerateFiles(folder, "*" + DepsExtension).Order(StringComparer.Ordinal)];
        if (deps.Length != 1)
        {
            string names = string.Join(" and ", deps.Select(path => $"'{Path.GetFileName(path)}'"));
            throw Unreadable(folder, deps.Length == 0
                ? $"holds no {DepsExtension} file that would name the plugin's assembly"
                : $"holds {names}; a plugin has a folder of its own");
        }

        string assemblyPath = deps[0][..^DepsExtension.Length] + ".dll";
        return File.Exists(assemblyPath)
            ? assemblyPath
            : throw Unreadable(folder, $"'{Path.GetFileName(assemblyPath)}' is not there, but its {DepsExtension} file is");
    }

    private static void CheckStart(FileStream stream, string path)
    {
        Span<byte> start = stackalloc byte[4];
        int length = stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false);
        stream.Position = 0;
        string? what = start[..length] switch
        {
            [] => "is empty",
            [(byte)'M', (byte)'Z', ..] => null,
            [0x7F, (byte)'E', (byte)'L', (byte)'F'] or [0xCF, 0xFA, 0xED, 0xFE] => "is a native library, not a .NET assembly",
            _ => "is not a .NET assembly",
        };
        if (what is not null)
        {
            throw Unreadable(path, what);
        }
    }

    private static PluginInfo Read(MetadataReader metadata, string assemblyPath, string folder, string root)
    {
        string? id = null;
        string? version = null;
        string description = "";
        List<PluginExport> exports = [];
        foreach (CustomAttributeHandle handle in metadata.CustomAttributes)
        {
            CustomAttribute attribute = metadata.GetCustomAttribute(handle);
            string? name = Name(metadata, attribute);
            if (name == typeof(MergeHostPluginAttribute).FullName)
            {
                id = FirstArgument(attribute);
            }
            else if (name == typeof(AssemblyInformationalVersionAttribute).FullName)
            {
                version = FirstArgument(attribute);
            }
            else if (name == typeof(AssemblyDescriptionAttribute).FullName)
            {
                description = FirstArgument(attribute) ?? "";
            }
            else if (name is not null && ExportKinds.OfAttribute(name) is { } kind)
            {
                exports.Add(ReadExport(kind, attribute, assemblyPath));
            }
        }

        string docPath = Path.ChangeExtension(assemblyPath, ".xml");
        return new PluginInfo
        {
            Id = CheckId(id, assemblyPath),
            Version = ParseVersion(version, assemblyPath),
            InformationalVersion = version!,
            Description = description,
            Root = root,
            Folder = folder,
            AssemblyPath = assemblyPath,
            ContractVersion = ContractVersion(metadata, assemblyPath),
            Exports = exports,
            DocPath = File.Exists(docPath) ? docPath : null,
        };
    }

    /// <summary>The full name of an attribute of another assembly; a plugin's own attributes mean nothing here.</summary>
    private static string? Name(MetadataReader metadata, CustomAttribute attribute)
    {
        if (attribute.Constructor.Kind != HandleKind.MemberReference)
        {
            return null;
        }

        EntityHandle type = metadata.GetMemberReference((MemberReferenceHandle)attribute.Constructor).Parent;
        return type.Kind == HandleKind.TypeReference
            ? AttributeTypes.FullName(metadata, metadata.GetTypeReference((TypeReferenceHandle)type))
            : null;
    }

    private static string? FirstArgument(CustomAttribute attribute) =>
        attribute.DecodeValue(_types).FixedArguments.FirstOrDefault().Value as string;

    private static PluginExport ReadExport(ExportKind kind, CustomAttribute attribute, string assemblyPath)
    {
        CustomAttributeValue<string> value = attribute.DecodeValue(_types);
        if (value.FixedArguments.FirstOrDefault().Value is not string { Length: > 0 } id)
        {
            throw Unreadable(assemblyPath, $"exports a {kind.Word()} without an id");
        }

        Dictionary<string, object?> arguments = [];
        foreach (CustomAttributeNamedArgument<string> argument in value.NamedArguments)
        {
            arguments[argument.Name!] = Plain(argument.Value);
        }

        return new PluginExport(kind, id, arguments);
    }

    private static object? Plain(object? value) => value is ImmutableArray<CustomAttributeTypedArgument<string>> items
        ? items.Select(item => item.Value as string ?? "").ToArray()
        : value;

    private static string CheckId(string? id, string assemblyPath)
    {
        if (id is null)
        {
            throw Unreadable(assemblyPath, "is not marked as a plugin", "Set <MergeHostPluginId> in the plugin's project file.");
        }

        return IsId(id)
            ? id
            : throw Unreadable(assemblyPath, $"its id is '{id}'; {IdRule}");
    }

    private static NuGetVersion ParseVersion(string? version, string assemblyPath) =>
        NuGetVersion.TryParse(version, out NuGetVersion? parsed)
            ? new NuGetVersion(parsed.Version, parsed.ReleaseLabels, null, null)
            : throw Unreadable(assemblyPath, $"its version is '{version}', not one such as 1.2.0",
                "Set <Version> in the plugin's project file.");

    private static Version ContractVersion(MetadataReader metadata, string assemblyPath)
    {
        foreach (AssemblyReferenceHandle handle in metadata.AssemblyReferences)
        {
            AssemblyReference reference = metadata.GetAssemblyReference(handle);
            if (metadata.GetString(reference.Name) == SharedAssemblies.Contracts)
            {
                return reference.Version;
            }
        }

        throw Unreadable(assemblyPath, $"does not reference {SharedAssemblies.Contracts}");
    }

    private static MergeHostException Unreadable(string path, string reason, string? hint = null, Exception? inner = null) =>
        new(new Problem(ErrorCodes.PluginUnreadable, $"{path}: {reason}",
            hint ?? "Install the plugin again, or remove its folder."), inner);
}
