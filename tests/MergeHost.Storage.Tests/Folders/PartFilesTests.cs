using System.Text;
using MergeHost.Checkpoints;
using MergeHost.Storage.Folders;

namespace MergeHost.Storage.Tests.Folders;

public sealed class PartFilesTests
{
    [Fact]
    public void FetchHeads_OfAPart_AsksTheCheckpointByItsNames()
    {
        Recorded files = new();
        new PartFiles(files, "0_Transformer").FetchHeads(["model.safetensors"], name => Encoding.UTF8.GetByteCount(name));
        Assert.Equal([("0_Transformer/model.safetensors", "model.safetensors".Length)], files.Heads);
    }

    private sealed class Recorded : CheckpointFiles
    {
        public List<(string Name, long LengthBytes)> Heads { get; } = [];

        public override string Location => "checkpoint";

        public override IReadOnlyList<string> Names => [];

        public override void FetchHeads(IReadOnlyList<string> names, Func<string, long> guess) =>
            Heads.AddRange(names.Select(name => (name, guess(name))));

        public override string PathOf(string name) => name;

        public override CheckpointFile Open(string name) => throw new NotSupportedException();

        public override string? IdentityOf(string name) => null;
    }
}
