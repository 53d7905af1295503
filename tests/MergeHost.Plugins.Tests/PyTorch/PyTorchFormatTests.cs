using MergeHost.Plugins.PyTorch;
using MergeHost.Testing;

namespace MergeHost.Plugins.Tests.PyTorch;

public sealed class PyTorchFormatTests : CheckpointReaderContract<PyTorchFormat>
{
    // Rows, columns, transposed, expanded, permuted: nothing is stored in the order in which it is read.
    private readonly TorchFixture _fixture = new("good/views");

    protected override IReadOnlyList<TensorInfo> Tensors => _fixture.Tensors;

    protected override byte[] Content(TensorInfo tensor) => _fixture[tensor];

    protected override void Store(string folder) =>
        File.Copy(Path.Combine(_fixture.Folder, "views.pt"), Path.Combine(folder, "pytorch_model.bin"));
}
