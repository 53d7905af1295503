using System.Buffers.Binary;
using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;
using MergeHost.Plugins;
using Microsoft.Extensions.DependencyInjection;

namespace MergeHost.Tests.Plugins;

/// <summary>A root of plugins in a temporary folder, filled with copies of the fixtures; gone when it is disposed.</summary>
internal sealed class PluginFolder : IDisposable
{
    /// <summary>Where the build stages the fixture plugins.</summary>
    public static string Fixtures { get; } = typeof(PluginFolder).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .Single(attribute => attribute.Key == "FixturePlugins").Value!;

    /// <summary>A provider without services.</summary>
    public static IServiceProvider NoServices { get; } = new ServiceCollection().BuildServiceProvider();

    public string Root { get; } = Directory.CreateTempSubdirectory("mergehost-plugins-").FullName;

    /// <summary>Copies a fixture such as <c>good/1.2.0</c> into the root.</summary>
    /// <returns>The new folder.</returns>
    public string Add(string fixture, string? folder = null)
    {
        string target = Path.Combine(Root, folder ?? fixture);
        Directory.CreateDirectory(target);
        foreach (string file in Directory.EnumerateFiles(Path.Combine(Fixtures, fixture)))
        {
            File.Copy(file, Path.Combine(target, Path.GetFileName(file)));
        }

        return target;
    }

    /// <summary>Copies fixtures and scans the root.</summary>
    public PluginCatalog Scan(params string[] fixtures)
    {
        foreach (string fixture in fixtures)
        {
            Add(fixture);
        }

        return PluginCatalog.Scan([Root]);
    }

    public void Dispose() => Directory.Delete(Root, recursive: true);

    /// <summary>Puts the private library of a fixture into a plugin's folder.</summary>
    public static void ReplacePrivateLibrary(string folder, string fixture)
    {
        const string library = "Fixture.PrivLib.dll";
        File.Copy(Path.Combine(Fixtures, fixture, library), Path.Combine(folder, library), overwrite: true);
    }

    /// <summary>Makes an assembly look as if it was built against another version of an assembly it references.</summary>
    public static void Rereference(string assemblyPath, string reference, Version version)
    {
        byte[] bytes = File.ReadAllBytes(assemblyPath);
        using PEReader file = new(new MemoryStream(bytes));
        MetadataReader metadata = file.GetMetadataReader();
        AssemblyReferenceHandle handle = metadata.AssemblyReferences
            .Single(handle => metadata.GetString(metadata.GetAssemblyReference(handle).Name) == reference);
        int row = metadata.GetTableMetadataOffset(TableIndex.AssemblyRef)
            + ((MetadataTokens.GetRowNumber(handle) - 1) * metadata.GetTableRowSize(TableIndex.AssemblyRef));
        int start = file.PEHeaders.MetadataStartOffset + row;
        int[] numbers = [version.Major, version.Minor, 0, 0];
        for (int i = 0; i < numbers.Length; i++)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(start + (i * sizeof(ushort))), (ushort)numbers[i]);
        }

        File.WriteAllBytes(assemblyPath, bytes);
    }
}
