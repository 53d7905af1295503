namespace MergeHost.Planning.Names;

/// <summary>Tells how a mixture names its experts: one by one, as transformers did up to version 4, or all in one tensor.</summary>
internal static class ExpertNaming
{
    /// <summary>Whether one list of names has experts one by one, and the other fused.</summary>
    /// <param name="names">Names of one model that the other lacks.</param>
    /// <param name="others">Names of the other that the first lacks.</param>
    /// <param name="single">A name of a single expert.</param>
    /// <param name="fused">A name of fused experts.</param>
    public static bool Differ(IEnumerable<string> names, IEnumerable<string> others, out string? single, out string? fused)
    {
        single = names.FirstOrDefault(IsSingle);
        fused = others.FirstOrDefault(IsFused);
        return single is not null && fused is not null;
    }

    private static bool IsSingle(string name) => AfterExperts(name) is [char first, ..] && char.IsAsciiDigit(first);

    private static bool IsFused(string name) => AfterExperts(name) is [char first, ..] && !char.IsAsciiDigit(first);

    private static string? AfterExperts(string name)
    {
        const string Experts = ".experts.";
        int index = name.IndexOf(Experts, StringComparison.Ordinal);
        return index < 0 ? null : name[(index + Experts.Length)..];
    }
}
