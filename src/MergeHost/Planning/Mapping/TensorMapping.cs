using MergeHost.Builders;
using MergeHost.Models;
using MergeHost.Recipes;

namespace MergeHost.Planning.Mapping;

/// <summary>A tensor of the output, and the names of those it is made from.</summary>
/// <param name="Name">The output's name.</param>
/// <param name="Slice">The slice it belongs to.</param>
/// <param name="Layer">The number of its layer in the output, or <see langword="null"/> outside the layers.</param>
/// <param name="Position">Where its layer lies in the slice, from 0 to 1; 0 outside the layers.</param>
/// <param name="Base">The base's part, if the strategy uses one.</param>
/// <param name="Sources">The sources' parts, in the order of the recipe.</param>
internal sealed record TensorMapping(
    string Name, RecipeSlice Slice, int? Layer, double Position, MappedTensor? Base, IReadOnlyList<MappedTensor> Sources)
{
    /// <summary>Whether only the base has the tensor, so that it is kept.</summary>
    public bool IsKept { get; init; }

    /// <summary>What a builder says of the tensor, or <see langword="null"/> if none plans the stage.</summary>
    public BlueprintTensor? Made { get; init; }

    /// <summary>Base and sources.</summary>
    public IEnumerable<MappedTensor> Parts => Base is null ? Sources : Sources.Prepend(Base);
}

/// <summary>A tensor of a model.</summary>
/// <param name="Model">The model.</param>
/// <param name="Source">What the recipe says of it; <see langword="null"/> for a base that is not listed among the sources.</param>
/// <param name="Name">The tensor's name in the model.</param>
internal sealed record MappedTensor(InputModel Model, RecipeSource? Source, string Name);
