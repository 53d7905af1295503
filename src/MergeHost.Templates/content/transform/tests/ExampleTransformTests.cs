using MergeHost.Testing;

namespace Acme.Example.Tests;

/// <summary>What every transform must do.</summary>
public sealed class ExampleTransformTests : CheckpointTransformContract<ExampleTransform>;
