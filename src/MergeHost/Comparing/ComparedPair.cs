using MergeHost.Plans;

namespace MergeHost.Comparing;

/// <summary>Two of the models that are compared.</summary>
/// <param name="A">The index of one.</param>
/// <param name="B">The index of the other.</param>
/// <param name="HasTaskVectors">Whether both were trained on from the base, or are what adapters change, so
/// that their task vectors are compared too.</param>
internal readonly record struct ComparedPair(int A, int B, bool HasTaskVectors);

/// <summary>A tensor that is compared.</summary>
/// <param name="Name">Its name.</param>
/// <param name="ElementCount">The number of elements in each model.</param>
/// <param name="Inputs">The tensor in each model, all of one shape; <see langword="null"/> where an adapter does not change it.</param>
internal sealed record ComparedTensor(string Name, long ElementCount, IReadOnlyList<InputTensor?> Inputs);
