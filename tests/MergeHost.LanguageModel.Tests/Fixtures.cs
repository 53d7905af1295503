using System.Runtime.InteropServices;
using MergeHost.Checkpoints;
using MergeHost.Plugins.Safetensors;

namespace MergeHost.LanguageModel.Tests;

/// <summary>Checkpoints and texts that the tests read.</summary>
internal static class Fixtures
{
    /// <summary>The folder of the suites' data.</summary>
    public static string Suites { get; } = Path.Combine(AppContext.BaseDirectory, "suites");

    public static string File(params string[] parts) => Path.Combine([AppContext.BaseDirectory, "fixtures", .. parts]);

    /// <summary>A trained checkpoint of the quickstart: <c>base</c>, <c>finance</c>, <c>math</c> or <c>japanese</c>.</summary>
    public static ICheckpointReader Family(string name) => Open(Path.Combine(AppContext.BaseDirectory, "quickstart", name));

    public static ICheckpointReader Open(string path) => new SafetensorsFormat().Open(path);

    /// <summary>The numbers of a tensor.</summary>
    public static T[] Read<T>(ICheckpointReader checkpoint, string tensor)
        where T : unmanaged
    {
        TensorInfo info = checkpoint.Tensors.Single(candidate => candidate.Name == tensor);
        T[] values = new T[info.ElementCount];
        checkpoint.Read(info, 0, MemoryMarshal.AsBytes(values.AsSpan()));
        return values;
    }
}
