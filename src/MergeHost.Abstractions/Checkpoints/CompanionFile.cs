using System.Text.Json;
using System.Text.Json.Nodes;

namespace MergeHost.Checkpoints;

/// <summary>A small file that goes with the weights, such as <c>config.json</c> or <c>tokenizer.json</c>.</summary>
/// <param name="Name">The file's name, without a folder.</param>
/// <param name="Open">Opens the content for reading, from its beginning; may be called again and from any thread.</param>
public sealed record CompanionFile(string Name, Func<Stream> Open)
{
    private static readonly JsonDocumentOptions _jsonOptions = new() { AllowDuplicateProperties = false };

    /// <summary>A companion whose content is held in memory.</summary>
    public static CompanionFile FromBytes(string name, byte[] content) => new(name, () => new MemoryStream(content, writable: false));

    /// <summary>Reads the whole content.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public byte[] ReadBytes()
    {
        using Stream stream = Open();
        using MemoryStream copy = new();
        stream.CopyTo(copy);
        return copy.ToArray();
    }

    /// <summary>Reads the content as a JSON object.</summary>
    /// <exception cref="CheckpointException">The content is not a JSON object.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public JsonObject ReadJson()
    {
        using Stream stream = Open();
        try
        {
            return JsonNode.Parse(stream, documentOptions: _jsonOptions) as JsonObject
                ?? throw new CheckpointException(new Problem(ErrorCodes.BadConfig, $"{Name}: expected a JSON object"));
        }
        catch (JsonException exception)
        {
            throw new CheckpointException(new Problem(ErrorCodes.BadConfig, $"{Name}: {exception.Message}"), exception);
        }
    }
}
