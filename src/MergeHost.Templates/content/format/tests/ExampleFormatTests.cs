using MergeHost;
using MergeHost.Testing;

namespace Acme.Example.Tests;

/// <summary>What every format must do when it reads.</summary>
public sealed class ExampleFormatTests : CheckpointReaderContract<ExampleFormat>
{
    protected override IReadOnlyList<TensorInfo> Tensors { get; } = [new("a.weight", DType.F32, [8, 4]), new("b.weight", DType.F32, [130])];

    protected override byte[] Content(TensorInfo tensor)
    {
        byte[] content = new byte[tensor.LengthBytes];
        new Random(tensor.Name[0]).NextBytes(content);
        return content;
    }

    protected override void Store(string folder)
    {
        File.WriteAllLines(Path.Combine(folder, "model.tensors"), Tensors.Select(tensor => $"{tensor.Name} {string.Join(' ', tensor.Shape)}"));
        File.WriteAllBytes(Path.Combine(folder, "model.f32"), [.. Tensors.SelectMany(Content)]);
    }
}
