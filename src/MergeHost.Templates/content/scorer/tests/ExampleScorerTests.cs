using MergeHost.Testing;

namespace Acme.Example.Tests;

/// <summary>What every scorer must do.</summary>
public sealed class ExampleScorerTests : LayerScorerContract<ExampleScorer>;
