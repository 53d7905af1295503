using System.Text;
using System.Text.Json.Nodes;

namespace MergeHost.Plugins.HuggingFace.Publishing;

/// <summary>Writes a commit as the hub takes it: a header, and a line for each file; large ones are named by their digests.</summary>
internal static class CommitLines
{
    public static byte[] Of(string message, string parent, IReadOnlyList<PlannedFile> files)
    {
        JsonObject header = new() { ["summary"] = message, ["description"] = "", ["parentCommit"] = parent };
        IEnumerable<JsonObject> lines = files.Select(file => file.IsLarge
            ? Line("lfsFile",
                new JsonObject { ["path"] = file.File.Path, ["algo"] = "sha256", ["oid"] = file.Digest, ["size"] = file.File.LengthBytes })
            : Line("file",
                new JsonObject
                {
                    ["path"] = file.File.Path,
                    ["encoding"] = "base64",
                    ["content"] = Convert.ToBase64String(file.File.ReadAll())
                }));
        return Encoding.UTF8.GetBytes(string.Concat(lines.Prepend(Line("header", header)).Select(line => line.ToJsonString() + "\n")));
    }

    private static JsonObject Line(string key, JsonObject value) => new() { ["key"] = key, ["value"] = value };
}
