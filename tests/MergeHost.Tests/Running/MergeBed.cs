using System.Reflection;
using MergeHost.Checkpoints;
using MergeHost.Kernels.DTypes;
using MergeHost.Plugins;
using MergeHost.Plugins.Metadata;
using MergeHost.Reports;
using MergeHost.Testing;
using MergeHost.Tests.Plugins;

namespace MergeHost.Tests.Running;

/// <summary>A folder to merge in, with an engine that has this repository's plugins; the models are the quick start's.</summary>
internal sealed class MergeBed : IDisposable
{
    public static string Models { get; } = typeof(MergeBed).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .Single(attribute => attribute.Key == "Recipes").Value + "quickstart/";

    public static string Fixtures { get; } = Path.Combine(Models, "../../tests/fixtures");

    public TemporaryFolder Folder { get; } = new();

    public MergeEngine Engine { get; } = new(PluginFolder.NoServices);

    public string this[string name] => Folder[name];

    /// <summary>A recipe that merges the finance and the mathematics model; the base is named, except for <c>linear</c>,
    /// to which it would be one more model.</summary>
    public static string Recipe(string method, string parameters = "", string perModel = "weight: 0.5") => $"""
        merge_method: {method}
        {(method == "linear" ? "" : $"base_model: {Models}base")}
        models:
        - model: {Models}finance
          parameters: {Braces(perModel)}
        - model: {Models}math
          parameters: {Braces(perModel)}
        parameters: {Braces(parameters)}
        """;

    /// <summary>Merges into a folder of the bed.</summary>
    public MergeManifest Merge(
        string recipe, string output, MergeOptions? options = null, IProgress<MergeProgress>? progress = null,
        CancellationToken cancellation = default)
    {
        string path = this[$"{output}.yaml"];
        File.WriteAllText(path, recipe);
        return Engine.Merge(path, this[output], options ?? new MergeOptions(), null, progress, cancellation: cancellation);
    }

    /// <summary>Merges, and gives what was warned of.</summary>
    public IReadOnlyList<Problem> Warnings(string recipe, string output)
    {
        List<Problem> warnings = [];
        string path = this[$"{output}.yaml"];
        File.WriteAllText(path, recipe);
        Engine.Merge(path, this[output], new MergeOptions(), warnings.Add);
        return warnings;
    }

    /// <summary>Copies one of the quick start's models into the bed.</summary>
    /// <returns>The copy's path.</returns>
    public string Copy(string model, string name)
    {
        Directory.CreateDirectory(this[name]);
        foreach (string path in Directory.EnumerateFiles(Models + model))
        {
            File.Copy(path, Path.Combine(this[name], Path.GetFileName(path)));
        }

        return this[name];
    }

    /// <summary>The content of every file in a folder of the bed, links followed.</summary>
    public IReadOnlyDictionary<string, string> Content(string name) =>
        Directory.EnumerateFiles(this[name], "*", SearchOption.AllDirectories)
            .ToDictionary(path => path,
                path => System.Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(path))));

    /// <summary>The digests of all tensors of an output.</summary>
    public static IReadOnlyList<string> Digests(MergeManifest manifest) =>
        [.. manifest.Tensors.Select(tensor => $"{tensor.Name} {tensor.Digest}")];

    /// <summary>Reads a tensor of a checkpoint.</summary>
    public static (TensorInfo Info, float[] Values) Read(string folder, string name, string format = "safetensors")
    {
        (TensorInfo tensor, byte[] bytes) = ReadStored(folder, name, format);
        float[] values = new float[tensor.ElementCount];
        DTypeConversion.ToSingle(tensor.DType, bytes, values);
        return (tensor, values);
    }

    /// <summary>Reads a tensor of a checkpoint as it is stored.</summary>
    public static byte[] Stored(string folder, string name, string format = "safetensors") => ReadStored(folder, name, format).Stored;

    /// <summary>Runs what must fail, and gives the first problem.</summary>
    public static Problem Fails(Func<object> action) => Assert.ThrowsAny<MergeHostException>(action).Problems[0];

    public void Dispose()
    {
        Engine.Dispose();
        Folder.Dispose();
    }

    private static (TensorInfo Info, byte[] Stored) ReadStored(string folder, string name, string format) =>
        StoredAll(folder, format)[name];

    /// <summary>Reads all tensors of a checkpoint as they are stored.</summary>
    public static Dictionary<string, (TensorInfo Info, byte[] Stored)> StoredAll(string folder, string format = "safetensors")
    {
        using PluginHost host = new(PluginFolder.NoServices);
        InstalledExport installed = PluginCatalog.Scan(PluginRoots.Find(null)).Exports(ExportKind.Format)
            .Single(export => export.Export.Id == format);
        using ICheckpointReader reader = host.Create<ICheckpointFormat>(installed).Open(folder);
        return reader.Tensors.ToDictionary(tensor => tensor.Name, tensor =>
        {
            byte[] bytes = new byte[tensor.LengthBytes];
            reader.Read(tensor, 0, bytes);
            return (tensor, bytes);
        });
    }

    private static string Braces(string fields) => "{" + fields + "}";
}
