using System.Text.Json.Nodes;
using MergeHost.Checkpoints;

namespace MergeHost.Planning.Companions;

/// <summary>The ids of BOS, EOS and padding that configurations name; each must have a row.</summary>
internal static class SpecialTokenIds
{
    private static readonly string[] _keys = ["bos_token_id", "eos_token_id", "pad_token_id"];

    /// <summary>The ids that have no row.</summary>
    /// <param name="config">A configuration.</param>
    /// <param name="rows">How many rows there are.</param>
    public static IEnumerable<(string Key, long Id)> Without(JsonObject? config, long rows) =>
        from key in _keys
        let value = config.Find(key)
        from id in value is JsonArray several ? several.Select(item => item.AsWhole()) : [value.AsWhole()]
        where id >= rows
        select (key, id.Value);
}
