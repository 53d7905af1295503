namespace Acme.Example;

/// <summary>Parameters of <c>example_id</c>.</summary>
public sealed record ExampleOptions
{
    /// <summary>What names begin with in the files.</summary>
    public string From { get; init; } = "model.";

    /// <summary>What takes its place.</summary>
    public string To { get; init; } = "net.";
}

/// <summary>Gives tensors other names as they are read, so that checkpoints of differing conventions can be merged.</summary>
[CheckpointTransform("example_id")]
public sealed class ExampleTransform : ICheckpointTransform<ExampleOptions>
{
    /// <inheritdoc/>
    public ICheckpointReader Apply(ICheckpointReader checkpoint, ExampleOptions options, TransformContext context) => new Renamed(checkpoint, options);

    private sealed class Renamed : DerivedCheckpoint
    {
        private readonly Dictionary<string, TensorInfo> _stored = [];

        public Renamed(ICheckpointReader inner, ExampleOptions options)
            : base(inner)
        {
            foreach (TensorInfo tensor in inner.Tensors)
            {
                bool isMeant = tensor.Name.StartsWith(options.From, StringComparison.Ordinal);
                _stored.Add(isMeant ? options.To + tensor.Name[options.From.Length..] : tensor.Name, tensor);
            }

            Tensors = [.. _stored.Select(pair => pair.Value with { Name = pair.Key })];
        }

        public override IReadOnlyList<TensorInfo> Tensors { get; }

        public override void Read(TensorInfo tensor, long firstElement, Span<byte> destination) =>
            Inner.Read(_stored[tensor.Name], firstElement, destination);
    }
}
