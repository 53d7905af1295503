namespace MergeHost.Architectures;

/// <summary>A tensor of a family, by its names in GGUF and in Hugging Face's files.</summary>
/// <param name="Gguf">GGUF's name, with <c>N</c> for the layer's number.</param>
/// <param name="Hub">Hugging Face's name; with <c>E</c> for the number of an expert if GGUF stacks
/// the experts of a layer to one tensor.</param>
/// <param name="Heads">The key of the number of heads, if rows are in another order in GGUF.</param>
/// <param name="Plus">What GGUF has added to every element: 1 for norms that multiply by 1 + w.</param>
/// <param name="IsRow">Whether Hugging Face has a matrix of one row; some files of GGUF have a vector for it.</param>
public sealed record ArchitectureTensor(string Gguf, string Hub, string? Heads = null, float Plus = 0, bool IsRow = false)
{
    /// <summary>What stands for the layer's number.</summary>
    public const string Layer = "N";

    /// <summary>What stands for an expert's number.</summary>
    public const string Expert = "E";

    /// <summary>Whether GGUF stacks what are several tensors to Hugging Face.</summary>
    public bool IsStacked { get; } = Hub.Split('.').Contains(Expert);

    /// <summary>GGUF's name in a layer.</summary>
    public string GgufIn(int layer) => In(Gguf, layer, 0);

    /// <summary>Hugging Face's name in a layer.</summary>
    public string HubIn(int layer, int expert = 0) => In(Hub, layer, expert);

    private static string In(string name, int layer, int expert) =>
        layer < 0 ? name : string.Join('.', name.Split('.').Select(part => part switch
        {
            Layer => FormattableString.Invariant($"{layer}"),
            Expert => FormattableString.Invariant($"{expert}"),
            _ => part,
        }));
}
