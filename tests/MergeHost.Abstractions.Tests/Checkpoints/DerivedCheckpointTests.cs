using MergeHost.Checkpoints;
using MergeHost.Testing;

namespace MergeHost.Tests.Checkpoints;

public sealed class DerivedCheckpointTests
{
    [Fact]
    public void Members_ThatAreNotOverridden_AreThoseOfTheOther()
    {
        TinyCheckpoint tiny = TinyCheckpoint.Llama();
        using ICheckpointReader plain = tiny.Open();
        using Renamed derived = new(tiny.Open());
        Assert.Equal(plain.Tensors.Select(tensor => "x." + tensor.Name), derived.Tensors.Select(tensor => tensor.Name));
        Assert.Equal(plain.Companions.Select(file => file.Name), derived.Companions.Select(file => file.Name));
        Assert.Equal((plain.WeightFiles, plain.Warnings, plain.Metadata, plain.Identity),
            (derived.WeightFiles, derived.Warnings, derived.Metadata, derived.Identity));
        byte[] expected = new byte[plain.Tensors[0].LengthBytes];
        byte[] found = new byte[expected.Length];
        plain.Read(plain.Tensors[0], 0, expected);
        derived.Read(derived.Tensors[0], 0, found);
        Assert.Equal(expected, found);
    }

    [Fact]
    public void Dispose_OfADerivedCheckpoint_DisposesTheOther()
    {
        ICheckpointReader inner = TinyCheckpoint.Llama().Open();
        new Renamed(inner).Dispose();
        Assert.Throws<ObjectDisposedException>(() => inner.Read(inner.Tensors[0], 0, new byte[2]));
    }

    private sealed class Renamed(ICheckpointReader inner) : DerivedCheckpoint(inner)
    {
        public override IReadOnlyList<TensorInfo> Tensors => [.. Inner.Tensors.Select(tensor => tensor with { Name = "x." + tensor.Name })];

        public override void Read(TensorInfo tensor, long firstElement, Span<byte> destination) =>
            Inner.Read(tensor with { Name = tensor.Name[2..] }, firstElement, destination);
    }
}
