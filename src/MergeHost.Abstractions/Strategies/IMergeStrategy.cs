namespace MergeHost.Strategies;

/// <summary>How the tensors of one name become one tensor.</summary>
/// <remarks>
/// Implement <see cref="IMergeStrategy{TOptions}"/>, which fills this in. The host makes one instance for a merge and calls
/// it from one thread at a time, once for each tensor of the output, before any data is read; what it returns is carried out
/// by the host, on many threads. The answer must depend on nothing but the arguments.
/// </remarks>
public interface IMergeStrategy
{
    /// <summary>The record that holds the strategy's options.</summary>
    Type OptionsType { get; }

    /// <summary>Says how one tensor is to be made.</summary>
    /// <exception cref="MergeException">These tensors cannot be merged with these options.</exception>
    Treatment Merge(TensorGroup group);
}

/// <summary>How the tensors of one name become one tensor.</summary>
/// <typeparam name="TOptions">
/// A record with a parameterless constructor. Each public <c>init</c> property is a parameter of the recipe, in snake case:
/// <c>double</c>, <c>int</c>, <c>bool</c> or an enumeration, nullable when it may be left out without a default. <c>required</c>
/// makes it required, <see cref="PerSourceAttribute"/> one that differs from source to source,
/// <see cref="System.ComponentModel.DataAnnotations.RangeAttribute"/> gives its range, its initialiser the default, and its
/// doc comment the help.
/// </typeparam>
public interface IMergeStrategy<TOptions> : IMergeStrategy
    where TOptions : class
{
    Type IMergeStrategy.OptionsType => typeof(TOptions);

    Treatment IMergeStrategy.Merge(TensorGroup group) => Merge(new TensorGroup<TOptions>(group));

    /// <inheritdoc cref="IMergeStrategy.Merge"/>
    Treatment Merge(TensorGroup<TOptions> group);
}
