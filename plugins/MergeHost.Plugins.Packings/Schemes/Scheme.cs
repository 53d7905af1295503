using MergeHost.Plugins.Packings.Schemes.Floats;

namespace MergeHost.Plugins.Packings.Schemes;

/// <summary>A family of packings: which tensors there are, and what their numbers mean.</summary>
internal interface IPackingScheme
{
    /// <summary>What <c>quant_method</c> calls it.</summary>
    IReadOnlyList<string> Methods { get; }

    /// <summary>Whether the tensors alone say all of it, where nothing says what the packing is.</summary>
    bool IsPlain(PackedModel model) => false;

    /// <summary>Makes out the weights of a model.</summary>
    /// <exception cref="Checkpoints.CheckpointException">The tensors do not fit each other or the settings.</exception>
    void Unpack(PackedModel model);
}

/// <summary>All families.</summary>
internal static class Scheme
{
    private static readonly IPackingScheme[] _all =
    [
        new FineGrainedFp8(), new FbgemmFp8(), new Gptq(), new Awq(), new BitsAndBytes(), new CompressedTensors(), new Mxfp4(),
        new ModelOpt(), new Mlx(), new TorchAo(),
        new Hqq(), new Quanto(),
    ];

    /// <summary>The family of a model; <see langword="null"/> if its weights are plain, or are
    /// packed in a way that is not known here.</summary>
    public static IPackingScheme? Find(PackedModel model) => !MayBePacked(model) ? null
        : model.Settings?.Method is { } method ? Array.Find(_all, scheme => scheme.Methods.Contains(method))
        : Array.Find(_all, scheme => scheme.IsPlain(model));

    // Settings that were left over beside plain weights say nothing.
    private static bool MayBePacked(PackedModel model) => model.Tensors.Any(tensor =>
        (tensor.Shape.Rank >= 2
            && (tensor.DType.Kind == DTypeKind.Integer
                || (tensor.DType.Kind == DTypeKind.Float && tensor.DType.BlockBytes <= tensor.DType.BlockElements)))
        || tensor.Name.Contains(".quant_state.", StringComparison.Ordinal));
}
