namespace MergeHost.Serving;

/// <summary>A request that the client must mend; answered with a status of 4xx and the message.</summary>
/// <param name="message">What is wrong.</param>
/// <param name="name">The name of the field that is wrong, if it is one.</param>
/// <param name="code">A word for it that programs look at, as OpenAI has it; <see langword="null"/> where OpenAI has none.</param>
/// <param name="status">The status of the answer.</param>
internal sealed class BadRequestException(string message, string? name = null, string? code = null, int status = 400) : Exception(message)
{
    /// <summary>The field that is wrong, or <see langword="null"/>.</summary>
    public string? Field => name;

    /// <summary>A word for it that programs look at, or <see langword="null"/>.</summary>
    public string? Code => code;

    /// <summary>The status of the answer.</summary>
    public int Status => status;
}
