using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace MergeHost;

/// <summary>JSON as it is written to files: indented by two, letters of all scripts as they are, a line feed at the end.</summary>
internal static class JsonText
{
    private static readonly JsonSerializerOptions _options = new()
    {
        WriteIndented = true,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static byte[] Indented(JsonNode node) => Encoding.UTF8.GetBytes(node.ToJsonString(_options) + "\n");
}
