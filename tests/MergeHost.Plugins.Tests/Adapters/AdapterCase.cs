using System.Text.Json.Nodes;
using MergeHost.Checkpoints;
using MergeHost.Kernels.DTypes;
using MergeHost.Plugins.Adapters;
using MergeHost.Plugins.PyTorch;
using MergeHost.Plugins.Safetensors;
using MergeHost.Testing;

namespace MergeHost.Plugins.Tests.Adapters;

/// <summary>Adapters of the fixtures, and copies of them with a fault.</summary>
internal static class AdapterCase
{
    public static string Folder { get; } = Path.Combine(AppContext.BaseDirectory, "fixtures", "adapters");

    public static JsonArray All { get; } = (JsonArray)JsonNode.Parse(File.ReadAllText(Path.Combine(Folder, "cases.json")))!;

    public static ICheckpointReader Open(string path)
    {
        string folder = Path.IsPathRooted(path) ? path : Path.Combine(Folder, path);
        return File.Exists(Path.Combine(folder, "adapter_model.bin"))
            ? new PyTorchFormat().Open(folder)
            : new SafetensorsFormat().Open(folder);
    }

    public static ICheckpointReader Apply(string @base, string adapter, double scale = 1) =>
        new LoraTransform().Apply(Open(@base), new LoraOptions { Path = adapter, Scale = scale }, new TransformContext(Open));

    public static float[] Read(ICheckpointReader reader, string name)
    {
        TensorInfo tensor = Assert.Single(reader.Tensors, tensor => tensor.Name == name);
        float[] values = new float[tensor.ElementCount];
        reader.ReadSingle(tensor, 0, values);
        return values;
    }

    /// <summary>A copy of an adapter with another configuration or other names.</summary>
    public static string Copy(TemporaryFolder folder, string adapter, Action<JsonObject> configure, Func<string, string>? rename = null)
    {
        string to = Path.Combine(folder.Path, adapter);
        Directory.CreateDirectory(to);
        JsonObject config = (JsonObject)JsonNode.Parse(File.ReadAllText(Path.Combine(Folder, adapter, "adapter_config.json")))!;
        configure(config);
        File.WriteAllText(Path.Combine(to, "adapter_config.json"), config.ToJsonString());
        using ICheckpointReader reader = Open(adapter);
        TinyCheckpoint copy = new();
        foreach (TensorInfo tensor in reader.Tensors)
        {
            string name = rename is null ? tensor.Name : rename(tensor.Name);
            if (name.Length > 0)
            {
                copy.Add(name, DType.F32, tensor.Shape, Read(reader, tensor.Name));
            }
        }

        copy.Write(to);
        return to;
    }
}
