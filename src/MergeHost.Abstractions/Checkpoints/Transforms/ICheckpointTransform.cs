namespace MergeHost.Checkpoints;

/// <summary>Makes another checkpoint of one, which is computed while it is read.</summary>
/// <remarks>
/// Implement <see cref="ICheckpointTransform{TOptions}"/>, which fills this in. It is applied wherever checkpoints are opened, because a
/// recipe asks for it or because it recognises the checkpoint; those that recognise it come first, each at most once. The host makes
/// one instance for each application and calls it from one thread. The result must depend on nothing but the arguments.
/// </remarks>
public interface ICheckpointTransform
{
    /// <summary>The record that holds the transform's options.</summary>
    Type OptionsType { get; }

    /// <summary>Whether the transform is to be applied, with the defaults of its options, where
    /// nobody asks for it. False by default.</summary>
    /// <remarks>Asked only if the checkpoint has what <see cref="CheckpointTransformAttribute"/> names,
    /// and the recipe does not ask for it.</remarks>
    /// <param name="checkpoint">Its headers and companions are read, its data is not.</param>
    bool Recognises(ICheckpointReader checkpoint) => false;

    /// <summary>Makes the other checkpoint.</summary>
    ICheckpointReader Apply(ICheckpointReader checkpoint, object options, TransformContext context);
}

/// <inheritdoc cref="ICheckpointTransform"/>
/// <typeparam name="TOptions">A record as <see cref="Strategies.IMergeStrategy{TOptions}"/>
/// describes it; strings are allowed too.</typeparam>
public interface ICheckpointTransform<TOptions> : ICheckpointTransform
    where TOptions : class
{
    Type ICheckpointTransform.OptionsType => typeof(TOptions);

    ICheckpointReader ICheckpointTransform.Apply(ICheckpointReader checkpoint, object options, TransformContext context) =>
        Apply(checkpoint, (TOptions)options, context);

    /// <summary>Makes the other checkpoint; usually a <see cref="DerivedCheckpoint"/>.</summary>
    /// <param name="checkpoint">
    /// The checkpoint. Its headers and companions may be read at once; its data only through the result, as it may not have been made
    /// yet; except small tensors that say what shape others have. The result disposes it.
    /// </param>
    /// <param name="options">The transform's options.</param>
    /// <param name="context">Opens other checkpoints.</param>
    /// <returns>A reader whose tensors have names of their own. The host adds options, plugin and
    /// opened checkpoints to its identity.</returns>
    /// <exception cref="CheckpointException">The checkpoint or the options do not suit the transform.</exception>
    ICheckpointReader Apply(ICheckpointReader checkpoint, TOptions options, TransformContext context);
}
