namespace MergeHost.Alignments;

/// <summary>Makes the models of a stage alike, before tensors are matched by name: one vocabulary, one order.</summary>
/// <remarks>
/// Implement <see cref="IModelAlignment{TOptions}"/>, which fills this in. A recipe asks for it under <c>align:</c>. The host makes one
/// instance for each stage and calls it once, from one thread, while planning. The result must depend on nothing but the arguments.
/// </remarks>
public interface IModelAlignment
{
    /// <summary>The record that holds the alignment's options.</summary>
    Type OptionsType { get; }

    /// <summary>Makes the models alike.</summary>
    AlignedModels Align(AlignmentContext context, object options);
}

/// <inheritdoc cref="IModelAlignment"/>
/// <typeparam name="TOptions">
/// A record as <see cref="Strategies.IMergeStrategy{TOptions}"/> describes it; strings, nested records and
/// dictionaries of nested records by text are allowed too.
/// </typeparam>
public interface IModelAlignment<TOptions> : IModelAlignment
    where TOptions : class
{
    Type IModelAlignment.OptionsType => typeof(TOptions);

    AlignedModels IModelAlignment.Align(AlignmentContext context, object options) => Align(context, (TOptions)options);

    /// <summary>Makes the models alike.</summary>
    /// <remarks>
    /// Headers and companions may be read at once; data only through the result, as an earlier stage may not have made it yet.
    /// </remarks>
    /// <param name="context">The models, and what may be asked of the host.</param>
    /// <param name="options">The alignment's options.</param>
    /// <exception cref="MergeHostException">The models or the options do not suit the alignment.</exception>
    AlignedModels Align(AlignmentContext context, TOptions options);
}
