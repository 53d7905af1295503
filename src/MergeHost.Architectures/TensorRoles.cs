using System.Reflection;
using System.Text.Json;

namespace MergeHost.Architectures;

/// <summary>Tells a tensor's role from its name, by the words that Hugging Face models use.</summary>
/// <remarks>May be used from any thread.</remarks>
public static class TensorRoles
{
    // Ordered: the first word that a part of the name equals or ends with decides. Fused projections are none of those they hold.
    private static readonly (string Word, TensorRole Role)[] _words = Read("words", "word");

    // What has no such word: BERT's head, the embedding that T5's and BART's encoder and decoder share,
    // Mamba's, ChatGLM's head; and what families add.
    private static volatile (string Ending, TensorRole Role)[] _endings = Read("endings", "ending");

    /// <summary>The role of a tensor.</summary>
    public static TensorRole Of(string name)
    {
        int word = _words.Length;
        foreach (Range range in name.AsSpan().Split('.'))
        {
            ReadOnlySpan<char> part = name.AsSpan(range);
            if (part.StartsWith("lora_", StringComparison.Ordinal))
            {
                // A factor of an adapter is none of what it changes.
                return TensorRole.Other;
            }

            word = FirstWord(part, word);
        }

        foreach ((string ending, TensorRole role) in _endings)
        {
            if (EndsWithPart(name, ending, '.'))
            {
                return role;
            }
        }

        if (name == "shared.weight")
        {
            return TensorRole.Embedding;
        }

        if (word < _words.Length)
        {
            return _words[word].Role;
        }

        // GGUF-like and original Llama names: output.weight stands alone.
        return name == "output" || name.StartsWith("output.", StringComparison.Ordinal) ? TensorRole.Head : TensorRole.Other;
    }

    /// <summary>Whether a tensor has one row for each token of the vocabulary.</summary>
    public static bool IsByToken(string name) => Of(name) is TensorRole.Embedding or TensorRole.Head;

    /// <summary>How many rows the first embedding has; <see langword="null"/> without one, or where it has no rows.</summary>
    public static long? RowsOfEmbedding(IEnumerable<TensorInfo> tensors) =>
        tensors.FirstOrDefault(tensor => Of(tensor.Name) == TensorRole.Embedding) is { Shape: { Rank: > 0 } shape } ? shape[0] : null;

    /// <summary>Whether a tensor outside the layers stands before them: embeddings do, norms and heads stand after.</summary>
    public static bool IsBeforeLayers(string name) => Of(name) switch
    {
        TensorRole.Embedding => true,
        TensorRole.Head => false,
        _ => name.Contains("embed", StringComparison.Ordinal) || name.Contains("wpe", StringComparison.Ordinal),
    };

    /// <summary>Whether a tensor is a constant that a model can make for itself, so that it may be absent.</summary>
    public static bool IsBuffer(string name) =>
        name.EndsWith(".rotary_emb.inv_freq", StringComparison.Ordinal)
        || name.EndsWith(".attn.bias", StringComparison.Ordinal)
        || name.EndsWith(".attn.masked_bias", StringComparison.Ordinal)
        || name.EndsWith(".position_ids", StringComparison.Ordinal);

    // The first word, before a given one, that a part of a name is or ends with.
    private static int FirstWord(ReadOnlySpan<char> part, int before)
    {
        for (int word = 0; word < before; word++)
        {
            if (EndsWithPart(part, _words[word].Word, '_'))
            {
                return word;
            }
        }

        return before;
    }

    private static bool EndsWithPart(ReadOnlySpan<char> text, string ending, char separator) =>
        text.EndsWith(ending, StringComparison.Ordinal) && (text.Length == ending.Length || text[^(ending.Length + 1)] == separator);

    /// <summary>Adds roles by the ends of names, which go before those that are known.</summary>
    internal static void Add(IReadOnlyDictionary<string, TensorRole> roles)
    {
        lock (_words)
        {
            _endings = [.. roles.Select(role => (role.Key, role.Value)), .. _endings.Where(ending => !roles.ContainsKey(ending.Ending))];
        }
    }

    private static (string Text, TensorRole Role)[] Read(string list, string field)
    {
        using JsonDocument json = JsonDocument.Parse(Assembly.GetExecutingAssembly().GetManifestResourceStream("roles")!);
        return [.. json.RootElement.GetProperty(list).EnumerateArray().Select(entry =>
            (entry.GetProperty(field).GetString()!, Enum.Parse<TensorRole>(entry.GetProperty("role").GetString()!)))];
    }
}
