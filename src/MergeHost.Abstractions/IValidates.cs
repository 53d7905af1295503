namespace MergeHost;

/// <summary>Options that say what is wrong with their values together, which no range of a single one
/// can; for the options of any contract.</summary>
/// <remarks>
/// Called while planning, once all values are read and each is within its range; for options of a strategy with some that differ by source,
/// once for those of each source. From one thread at a time.
/// </remarks>
public interface IValidates
{
    /// <summary>Says everything that is wrong; nothing if all is well.</summary>
    /// <returns>Messages without a final full stop, such as <c>low is 3 and high is 2; low must not be above
    /// high</c>. MH1004 is reported with each.</returns>
    IEnumerable<string> Validate();
}
