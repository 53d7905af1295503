using MergeHost.Plugins.Dcp;
using MergeHost.Plugins.Tests.PyTorch;
using MergeHost.Testing;

namespace MergeHost.Plugins.Tests.Dcp;

public sealed class DcpFormatTests : CheckpointReaderContract<DcpFormat>
{
    // Four ranks as 2 × 2: whole, cut by rows, by columns, by both, and unevenly.
    private readonly TorchFixture _fixture = new("dcp/mesh_2x2");

    protected override IReadOnlyList<TensorInfo> Tensors => _fixture.Tensors;

    protected override byte[] Content(TensorInfo tensor) => _fixture[tensor];

    protected override void Store(string folder)
    {
        foreach (string path in Directory.EnumerateFiles(_fixture.Folder))
        {
            File.Copy(path, Path.Combine(folder, Path.GetFileName(path)));
        }
    }
}
