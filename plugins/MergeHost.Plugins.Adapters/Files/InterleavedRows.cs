using System.Text.Json.Nodes;
using MergeHost.Algebra;
using MergeHost.Checkpoints;

namespace MergeHost.Plugins.Adapters.Files;

/// <summary>
/// Rows of left factors of queries and keys that an adapter has in the order of llama.cpp, pair after pair of what is rotated together,
/// where everybody else has all first halves of a head and then all second ones.
/// </summary>
/// <remarks>An adapter in GGUF does not say how many heads there are; <c>interleaved_rows</c> in its configuration
/// names the field of the base's that does.</remarks>
internal sealed class InterleavedRows
{
    /// <summary>The field of the configuration: for each module the base's field with the number of heads.</summary>
    public const string Field = "interleaved_rows";

    private readonly AdapterConfig _config;
    private readonly JsonObject _fields;
    private readonly JsonObject? _base;

    private InterleavedRows(AdapterConfig config, JsonObject fields, JsonObject? @base) =>
        (_config, _fields, _base) = (config, fields, @base);

    /// <summary>Finds whether rows are in another order.</summary>
    /// <param name="config">The adapter's configuration.</param>
    /// <param name="base">The base's, if it is known.</param>
    public static InterleavedRows? Of(AdapterConfig config, JsonObject? @base) =>
        config.Json.Find(Field) is JsonObject fields ? new(config, fields, @base) : null;

    /// <summary>Puts rows into the usual order.</summary>
    /// <exception cref="CheckpointException">The base does not say how many heads there are.</exception>
    public Matrix<float> Undo(string module, Matrix<float> left)
    {
        if (_fields[module].AsText() is not { } field)
        {
            return left;
        }

        int heads = _base.Find(field).AsInt() ?? _base.Find("num_attention_heads").AsInt()
            ?? throw _config.Wrong($"rows of '{module}' are in the order of llama.cpp, and no config.json of the base tells '{field}'",
                "Name the base, with its config.json.");
        int height = heads < 1 ? 0 : left.Rows / heads;
        if (height * heads != left.Rows || height % 2 != 0)
        {
            throw _config.Wrong($"{left.Rows} rows of '{module}' are not {heads} heads of an even number of rows",
                "Name the base that the adapter was trained on.");
        }

        Matrix<float> result = new(left.Rows, left.Columns);
        for (int row = 0; row < left.Rows; row++)
        {
            int inHead = row % height;
            left.Row(row - inHead + (2 * (inHead % (height / 2))) + (inHead / (height / 2))).CopyTo(result.Row(row));
        }

        return result;
    }
}
