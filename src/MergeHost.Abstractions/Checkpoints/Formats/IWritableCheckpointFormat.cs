namespace MergeHost.Checkpoints;

/// <summary>A format that checkpoints can also be written in.</summary>
public interface IWritableCheckpointFormat : ICheckpointFormat
{
    /// <summary>Creates the files of a checkpoint, at their full size and under the name <c>….partial</c>.</summary>
    /// <remarks>Files that an earlier, broken run left, with the same layout, are reused with what they hold.</remarks>
    /// <param name="folder">An existing folder.</param>
    /// <param name="layout">Everything that the checkpoint will hold.</param>
    /// <returns>A writer; the caller disposes it.</returns>
    /// <exception cref="CheckpointException">The layout holds what the format cannot store.</exception>
    /// <exception cref="IOException">A file cannot be made, for want of room for example.</exception>
    ICheckpointWriter Create(string folder, CheckpointLayout layout);

    /// <summary>Tells how tensors are distributed among files, so that several processes can each write some of the files.</summary>
    /// <param name="layout">Everything that the checkpoint will hold.</param>
    /// <returns>The files in order, the same whenever the layout is; none, as by default, if files cannot be written apart.</returns>
    IReadOnlyList<CheckpointShard> Distribute(CheckpointLayout layout) => [];

    /// <summary>Creates some of the files of a checkpoint, as <see cref="Create"/> does all of them.</summary>
    /// <remarks>
    /// Complete, they have their final names and lengths, and there is nothing beside them. Moved to another folder, under the name
    /// <c>….partial</c>, they are found by <see cref="Create"/> like those of a broken run.
    /// Only a format that distributes tensors is asked.
    /// </remarks>
    /// <param name="folder">An existing folder, of this writer's own.</param>
    /// <param name="layout">Everything that the checkpoint will hold.</param>
    /// <param name="shards">Some of what <see cref="Distribute"/> tells.</param>
    /// <returns>A writer, which takes the tensors of these files alone; the caller disposes it.</returns>
    /// <exception cref="CheckpointException">The layout holds what the format cannot store.</exception>
    /// <exception cref="IOException">A file cannot be made, for want of room for example.</exception>
    ICheckpointWriter CreateShards(string folder, CheckpointLayout layout, IReadOnlyList<CheckpointShard> shards) =>
        throw new NotSupportedException($"{GetType().Name} distributes nothing");

    /// <summary>Whether the format has no place for a tensor, and needs none, since programs make
    /// it for themselves; by default never.</summary>
    bool LeavesOut(TensorInfo tensor) => false;

    /// <summary>Checks when planning that a checkpoint can be stored; nothing is made. By default all can.</summary>
    /// <param name="folder">Where it would be written, for messages.</param>
    /// <param name="layout">Everything that the checkpoint will hold.</param>
    /// <exception cref="CheckpointException">The layout holds what the format cannot store.</exception>
    void Check(string folder, CheckpointLayout layout)
    {
    }

    /// <summary>The record of the format's options, which recipes say as <c>output: {ID:
    /// {…}}</c>; by default they can say the type.</summary>
    Type OptionsType => typeof(FormatOptions);

    /// <summary>Decides in which types tensors are stored, before anything is planned in bytes.</summary>
    /// <remarks>
    /// By default each keeps its type, or those of floating-point numbers have the one that is asked for; one that only another format
    /// has becomes F32, which loses nothing. A format with options of its own implements
    /// <see cref="IWritableCheckpointFormat{TOptions}"/>, which fills this in.
    /// </remarks>
    /// <param name="tensors">The tensors of a checkpoint, each with the type that it has in the base or that the recipe gives it.</param>
    /// <param name="options">The record of the options.</param>
    /// <returns>The type of each, in the same order.</returns>
    /// <exception cref="CheckpointException">The format has no such type.</exception>
    IReadOnlyList<DType> ChooseTypes(IReadOnlyList<TensorInfo> tensors, object options)
    {
        string? type = ((FormatOptions)options).Type;
        DType? asked = type is null ? null : DType.Find(type.ToUpperInvariant());
        if (type is not null && asked is not { Kind: DTypeKind.Float })
        {
            throw new CheckpointException(new Problem(
                ErrorCodes.DTypeUnusable, $"the format has no type '{CheckpointException.Printable(type)}'",
                "Name a floating-point type, such as `bf16`, or a format that has this one."));
        }

        return [.. tensors.Select(tensor => tensor.DType.Kind is DTypeKind.Float or DTypeKind.Quantized
            ? asked ?? Known(tensor.DType)
            : tensor.DType)];

        static DType Known(DType type) => DType.Find(type.Name) ?? DType.F32;
    }
}

/// <summary>A format that checkpoints can be written in, with options of its own: <c>output: {ID: {…}}</c> in a recipe.</summary>
/// <remarks>Of options named <c>type</c> and <c>imatrix</c>, the recipe's <c>out_type</c> and <c>out_imatrix</c> are short forms.</remarks>
/// <typeparam name="TOptions">
/// A record as <see cref="Strategies.IMergeStrategy{TOptions}"/> describes it; strings, files
/// (<see cref="InputFileAttribute"/>) and nested records are allowed too.
/// </typeparam>
public interface IWritableCheckpointFormat<TOptions> : IWritableCheckpointFormat
    where TOptions : class
{
    Type IWritableCheckpointFormat.OptionsType => typeof(TOptions);

    IReadOnlyList<DType> IWritableCheckpointFormat.ChooseTypes(IReadOnlyList<TensorInfo> tensors, object options) =>
        ChooseTypes(tensors, (TOptions)options);

    /// <inheritdoc cref="IWritableCheckpointFormat.ChooseTypes"/>
    IReadOnlyList<DType> ChooseTypes(IReadOnlyList<TensorInfo> tensors, TOptions options);
}
