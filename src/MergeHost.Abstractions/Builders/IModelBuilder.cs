namespace MergeHost.Builders;

/// <summary>Makes the plan of a model out of others: which tensors it has, of what shape, what each is made from and how.</summary>
/// <remarks>
/// Implement <see cref="IModelBuilder{TOptions}"/>, which fills this in. The host makes one instance a stage and calls it once, from one
/// thread, while planning. The blueprint must depend on nothing but the arguments.
/// </remarks>
public interface IModelBuilder
{
    /// <summary>The record that holds the builder's options.</summary>
    Type OptionsType { get; }

    /// <summary>Makes the plan.</summary>
    ModelBlueprint Build(BuilderContext context, object options);
}

/// <inheritdoc cref="IModelBuilder"/>
/// <typeparam name="TOptions">
/// A record as <see cref="Strategies.IMergeStrategy{TOptions}"/> describes it. Properties may also be texts, lists of what a property may
/// be, and records of the same kind; a text with <see cref="ModelAttribute"/> is the name of a model. A property <c>Place</c> of type
/// <see cref="TextPlace"/> is no option: it receives the place of the record in the recipe, for messages.
/// </typeparam>
public interface IModelBuilder<TOptions> : IModelBuilder
    where TOptions : class
{
    Type IModelBuilder.OptionsType => typeof(TOptions);

    ModelBlueprint IModelBuilder.Build(BuilderContext context, object options) => Build(context, (TOptions)options);

    /// <summary>Makes the plan, from headers and companions alone.</summary>
    /// <param name="context">The models.</param>
    /// <param name="options">The builder's options.</param>
    /// <returns>A blueprint that keeps to <see cref="ModelBlueprint.Breaches"/>.</returns>
    /// <exception cref="BuildException">The models or the options do not suit the builder.</exception>
    ModelBlueprint Build(BuilderContext context, TOptions options);
}
