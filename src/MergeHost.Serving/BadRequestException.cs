namespace MergeHost.Serving;

/// <summary>A request that the client must mend; answered with a status of 4xx and the message.</summary>
/// <param name="message">What is wrong.</param>
/// <param name="field">The field that is wrong, if it is one.</param>
internal sealed class BadRequestException(string message, string? field = null) : Exception(message)
{
    /// <summary>The field that is wrong, or <see langword="null"/>.</summary>
    public string? Field { get; } = field;
}
