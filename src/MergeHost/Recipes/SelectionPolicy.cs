namespace MergeHost.Recipes;

/// <summary>Named settings of a selection. The names are those of SPEAR-MM; its values are not known, and these are ours.</summary>
/// <seealso href="https://arxiv.org/abs/2511.08500">SPEAR-MM</seealso>
internal enum SelectionPolicy
{
    /// <summary>Half of each module type becomes the base's: fraction 0.5, t 0.</summary>
    Conservative,

    /// <summary>Three tenths go half-way back: fraction 0.3, t 0.5.</summary>
    Balanced,

    /// <summary>One tenth goes three tenths of the way back: fraction 0.1, t 0.7.</summary>
    Aggressive,
}

/// <summary>What the policies stand for.</summary>
internal static class SelectionPolicies
{
    /// <summary>Which share of each module type is chosen.</summary>
    public static double Fraction(this SelectionPolicy policy) => policy switch
    {
        SelectionPolicy.Conservative => 0.5,
        SelectionPolicy.Balanced => 0.3,
        _ => 0.1,
    };

    /// <summary>The position of chosen tensors between the base at 0 and the adapted model at 1.</summary>
    public static double T(this SelectionPolicy policy) => policy switch
    {
        SelectionPolicy.Conservative => 0,
        SelectionPolicy.Balanced => 0.5,
        _ => 0.7,
    };
}
