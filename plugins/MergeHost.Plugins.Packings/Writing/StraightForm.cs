namespace MergeHost.Plugins.Packings.Writing;

/// <summary>What makes a scale of its group.</summary>
internal enum ScaleRule
{
    /// <summary><see cref="RangeRule"/> for E4M3.</summary>
    RangeFloat,

    /// <summary><see cref="RangeRule"/> for whole numbers.</summary>
    RangeInteger,

    /// <summary><see cref="InverseRule"/>.</summary>
    Inverse,

    /// <summary><see cref="InverseRule"/> with powers of two.</summary>
    InversePower,

    /// <summary><see cref="GlobalRule"/>.</summary>
    Global,

    /// <summary><see cref="SecondScaleRule"/>.</summary>
    SecondScale,

    /// <summary><see cref="PowerRule"/> of compressed-tensors.</summary>
    Power,

    /// <summary><see cref="PowerRule"/> that rounds up.</summary>
    PowerUp,
}

/// <summary>What shape the tensor of scales has.</summary>
internal enum ScaleShape
{
    /// <summary>Rows and columns of groups, for each matrix of a stack.</summary>
    Grid,

    /// <summary>One for each row, in one dimension.</summary>
    Rows,

    /// <summary><c>[1]</c>.</summary>
    One,

    /// <summary><c>[]</c>.</summary>
    Scalar,
}

/// <summary>Codes along rows, with a scale for each rectangle of weights.</summary>
/// <param name="Scheme">What the configuration calls it.</param>
/// <param name="Rule">How scales and codes are made.</param>
/// <param name="Bits">Bits of a code.</param>
/// <param name="GroupRows">Rows that share a scale; 0 for all.</param>
/// <param name="GroupColumns">Columns that share a scale; 0 for all.</param>
/// <param name="CodesType">The type of the tensor of codes.</param>
/// <param name="CodesName">What comes after the module's name in that of the codes.</param>
/// <param name="ScaleName">The same of the scales.</param>
/// <param name="ScaleType">Their type, where the packing does not leave it open.</param>
/// <param name="ScaleShape">Their shape.</param>
internal sealed record StraightForm(
    string Scheme, ScaleRule Rule, int Bits, long GroupRows, long GroupColumns, DType CodesType, string CodesName, string ScaleName,
    DType? ScaleType, ScaleShape ScaleShape)
    : WeightForm(Scheme)
{
    /// <summary>Whether all weights share one scale.</summary>
    public bool HasOneScale => GroupRows == 0 && GroupColumns == 0;

    public override string Settings => HasOneScale ? "one scale for each tensor"
        : GroupRows == 1 && GroupColumns == 0 ? "a scale for each row"
        : FormattableString.Invariant($"a scale for {GroupRows} x {(GroupColumns == 0 ? "all" : GroupColumns)} weights");

    /// <summary>compressed-tensors' MXFP4.</summary>
    public static StraightForm PackedMxfp4(long columns) =>
        new("mxfp4-pack-quantized", ScaleRule.Power, 4, 1, columns, DType.U8, ".weight_packed", ".weight_scale", DType.U8, ScaleShape.Grid);

    /// <summary>compressed-tensors' NVFP4.</summary>
    public static StraightForm PackedNvfp4(long columns) =>
        new("nvfp4-pack-quantized", ScaleRule.Global, 4, 1, columns, DType.U8, ".weight_packed", ".weight_scale", DType.F8_E4M3,
            ScaleShape.Grid);

    // Numbers of 4 and 6 bits share bytes; words are filled up, as are the last blocks of rectangles.
    public override bool Fits(TensorShape shape) =>
        shape.Rank >= 2 && shape.ElementCount > 0 && (Bits == 8 || CodesType == DType.I32 || shape.RowLength % 2 == 0)
        && (GroupRows != 1 || GroupColumns == 0 || shape.RowLength % GroupColumns == 0);

    public GroupRule MakeRule(DType type) => Rule switch
    {
        ScaleRule.RangeFloat => new RangeRule(type, 8, isFloat: true),
        ScaleRule.RangeInteger => new RangeRule(type, Bits, isFloat: false),
        ScaleRule.Inverse => new InverseRule(isPower: false),
        ScaleRule.InversePower => new InverseRule(isPower: true),
        ScaleRule.Global => new GlobalRule(type),
        ScaleRule.SecondScale => new SecondScaleRule(),
        _ => new PowerRule(type, roundsUp: Rule == ScaleRule.PowerUp),
    };

    public override WeightPacker Packer(TensorInfo plain, DType scaleType) => new StraightPacker(this, plain, ScaleType ?? scaleType);
}
