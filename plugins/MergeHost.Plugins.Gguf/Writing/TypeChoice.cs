using MergeHost.Checkpoints;

namespace MergeHost.Plugins.Gguf.Writing;

/// <summary>Which type each tensor of a file has.</summary>
/// <remarks>
/// As llama.cpp has it: vectors, and the matrices that choose experts, are F32, since its programs take no others; where rows do not fill
/// blocks, a type of smaller blocks is taken.
/// </remarks>
internal static class TypeChoice
{
    private static readonly string[] _routers = ["block_sparse_moe.gate.weight", "mlp.gate.weight", "mlp.shared_expert_gate.weight",
        "ffn_gate_inp.weight"];

    /// <summary>Chooses the types of a file.</summary>
    /// <param name="tensors">The tensors, with the types that they have.</param>
    /// <param name="type">What is asked for, or <see langword="null"/> to keep types where that can be.</param>
    /// <param name="hasImportance">Whether an importance matrix makes small types better.</param>
    /// <exception cref="CheckpointException">There is no such type, or none that can be written.</exception>
    public static IReadOnlyList<DType> Choose(IReadOnlyList<TensorInfo> tensors, string? type, bool hasImportance)
    {
        IReadOnlyList<DType>? asked = type is null || type.Equals("same", StringComparison.OrdinalIgnoreCase)
            ? null
            : Parse(type).Choose(tensors, hasImportance);
        return [.. tensors.Select((tensor, index) => Choose(tensor, asked?[index]))];
    }

    /// <summary>The number by which llama.cpp calls a file of tensors, or <see langword="null"/> if it has none.</summary>
    public static uint? FileTypeOf(IReadOnlyList<TensorInfo> tensors)
    {
        DType? most = tensors.GroupBy(tensor => tensor.DType).OrderByDescending(type => type.Sum(tensor => tensor.ElementCount))
            .FirstOrDefault()?.Key;
        TypeMixture? mixture = TypeMixture.All.FirstOrDefault(mixture => mixture.Main == most
            && Choose(tensors, mixture.Name, hasImportance: false).SequenceEqual(tensors.Select(tensor => tensor.DType)));
        return mixture?.FileType ?? (most is null ? null : GgufType.FileTypeOf(most));
    }

    private static TypeMixture Parse(string type) => TypeMixture.Find(type) ?? throw new CheckpointException(new Problem(
        ErrorCodes.DTypeUnusable,
        $"GGUF files of type '{CheckpointException.Printable(type)}' cannot be written",
        $"{Meant(type)}Choose one of same, {string.Join(", ", TypeMixture.Names)}."));

    // Names differ in nothing but letters and digits.
    private static string Meant(string type) =>
        TypeMixture.Names.FirstOrDefault(name => name.Where(char.IsLetterOrDigit)
            .SequenceEqual(type.ToLowerInvariant().Where(char.IsLetterOrDigit))) is { } meant
            ? $"did you mean '{meant}'? "
            : "";

    private static DType Choose(TensorInfo tensor, DType? asked)
    {
        if (tensor.DType.Kind is not (DTypeKind.Float or DTypeKind.Quantized))
        {
            return tensor.DType;
        }

        bool isSmall = tensor.Shape.Rank < 2 || _routers.Any(router => tensor.Name.EndsWith(router, StringComparison.Ordinal));
        return isSmall
            ? DType.F32
            : Fitting(asked ?? (GgufType.IdOf(tensor.DType) is null ? DType.BF16 : tensor.DType), tensor.Shape[tensor.Shape.Rank - 1]);
    }

    private static DType Fitting(DType type, long row)
    {
        while (row % type.BlockElements != 0)
        {
            type = type.Name switch
            {
                "Q4_K" => Named("Q5_0"),
                "Q5_K" => Named("Q5_1"),
                "Q6_K" => Named("Q8_0"),
                "IQ4_XS" => Named("IQ4_NL"),
                "Q2_K" or "Q3_K" or "TQ1_0" or "TQ2_0" => Named("Q4_0"),
                _ => DType.F16,
            };
        }

        return type;
    }

    private static DType Named(string name) => GgufType.All.First(type => type.Name == name);
}
