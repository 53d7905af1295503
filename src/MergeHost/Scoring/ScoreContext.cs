using MergeHost.Algebra;
using MergeHost.Checkpoints;
using MergeHost.Models;
using MergeHost.Plans;

namespace MergeHost.Scoring;

/// <summary>What the scoring of all pairs shares.</summary>
/// <param name="Scorers">The scorers with their options.</param>
/// <param name="LayerCount">How many layers the model has.</param>
/// <param name="Readers">The open models.</param>
/// <param name="Algebra">Matrix operations.</param>
/// <param name="Device">Where they are done.</param>
/// <param name="Cache">Keeps singular values.</param>
/// <param name="Cancellation">Asks to stop.</param>
internal sealed record ScoreContext(
    IReadOnlyList<BoundScorer> Scorers, int LayerCount, IReadOnlyDictionary<InputModel, ICheckpointReader> Readers, ILinearAlgebra Algebra,
    DeviceSpec Device, SpectrumCache Cache, CancellationToken Cancellation);
