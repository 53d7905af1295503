using System.Buffers.Binary;
using System.Text;
using System.Text.Json.Nodes;
using MergeHost.Checkpoints;
using MergeHost.Kernels.DTypes;

namespace MergeHost.Testing;

/// <summary>A small checkpoint that a test makes up: tensors with their numbers, and the files that go with them.</summary>
/// <remarks>
/// It is written as safetensors by a few lines of its own, so that no plugin is needed, and none is tested against itself.
/// </remarks>
public sealed class TinyCheckpoint
{
    private readonly List<(TensorInfo Tensor, byte[] Content)> _tensors = [];
    private readonly SortedDictionary<string, string> _files = new(StringComparer.Ordinal);

    /// <summary>The tensors in the order in which they are stored.</summary>
    public IReadOnlyList<TensorInfo> Tensors => [.. _tensors.Select(pair => pair.Tensor)];

    /// <summary>
    /// A model as Llama names it: <c>lm_head</c> apart from the embedding, four numbers a token, with configuration and
    /// tokenizer.
    /// </summary>
    /// <param name="layers">How many layers.</param>
    /// <param name="tokens">How many tokens.</param>
    /// <param name="type">How the numbers are stored; BF16 if nothing is said.</param>
    /// <param name="seed">Other seeds give other numbers.</param>
    public static TinyCheckpoint Llama(int layers = 2, int tokens = 8, DType? type = null, int seed = 1)
    {
        const int width = 4;
        type ??= DType.BF16;
        TinyCheckpoint checkpoint = new TinyCheckpoint().Add("model.embed_tokens.weight", type, [tokens, width], seed);
        for (int layer = 0; layer < layers; layer++)
        {
            string prefix = $"model.layers.{layer}.";
            checkpoint.Add(prefix + "input_layernorm.weight", type, [width], seed)
                .Add(prefix + "self_attn.q_proj.weight", type, [width, width], seed)
                .Add(prefix + "self_attn.o_proj.weight", type, [width, width], seed)
                .Add(prefix + "mlp.up_proj.weight", type, [2 * width, width], seed)
                .Add(prefix + "mlp.down_proj.weight", type, [width, 2 * width], seed);
        }

        JsonObject vocabulary = new(Enumerable.Range(0, tokens).Select(id => KeyValuePair.Create($"token{id}", (JsonNode?)id)));
        return checkpoint.Add("model.norm.weight", type, [width], seed)
            .Add("lm_head.weight", type, [tokens, width], seed)
            .AddFile("config.json", new JsonObject
            {
                ["architectures"] = new JsonArray("LlamaForCausalLM"),
                ["hidden_size"] = width,
                ["num_hidden_layers"] = layers,
                ["tie_word_embeddings"] = false,
                ["torch_dtype"] = "bfloat16",
                ["vocab_size"] = tokens,
            })
            .AddFile("tokenizer.json", new JsonObject { ["model"] = new JsonObject { ["vocab"] = vocabulary } })
            .AddFile("tokenizer_config.json", new JsonObject { ["model_max_length"] = 32 });
    }

    /// <inheritdoc cref="Add(string, DType, TensorShape, int)"/>
    public TinyCheckpoint Add(string name, DType type, TensorShape shape) => Add(name, type, shape, seed: 1);

    /// <summary>
    /// Adds a tensor of small numbers that depend on its name and on the seed, or replaces the one of that name.
    /// </summary>
    public TinyCheckpoint Add(string name, DType type, TensorShape shape, int seed)
    {
        System.Random random = new(name.Aggregate(seed, (hash, letter) => unchecked((hash * 31) + letter)));
        return Add(name, type, shape, [.. Enumerable.Range(0, (int)shape.ElementCount).Select(_ => random.NextSingle() - 0.5f)]);
    }

    /// <summary>Adds a tensor of these numbers, rounded to its type, or replaces the one of that name.</summary>
    /// <exception cref="NotSupportedException">The type is none that numbers can be merged into.</exception>
    public TinyCheckpoint Add(string name, DType type, TensorShape shape, float[] values)
    {
        TensorInfo tensor = new(name, type, shape);
        byte[] content = new byte[tensor.LengthBytes];
        DTypeConversion.FromSingle(type, values, content);
        return Add(tensor, content);
    }

    /// <summary>Adds a tensor of any type with its bytes as stored, or replaces the one of that name.</summary>
    public TinyCheckpoint Add(TensorInfo tensor, byte[] content)
    {
        int place = _tensors.FindIndex(pair => pair.Tensor.Name == tensor.Name);
        if (place < 0)
        {
            _tensors.Add((tensor, content));
        }
        else
        {
            _tensors[place] = (tensor, content);
        }

        return this;
    }

    /// <summary>Takes a tensor or a file away.</summary>
    /// <exception cref="ArgumentException">There is none of that name.</exception>
    public TinyCheckpoint Remove(string name) =>
        _tensors.RemoveAll(pair => pair.Tensor.Name == name) + (_files.Remove(name) ? 1 : 0) > 0
        ? this
        : throw new ArgumentException($"there is no '{name}'", nameof(name));

    /// <summary>Adds a file, or replaces the one of that name.</summary>
    public TinyCheckpoint AddFile(string name, string content)
    {
        _files[name] = content;
        return this;
    }

    /// <inheritdoc cref="AddFile(string, string)"/>
    public TinyCheckpoint AddFile(string name, JsonNode content) => AddFile(name, content.ToJsonString());

    /// <summary>Sets a field of <c>config.json</c>.</summary>
    public TinyCheckpoint Configure(string field, JsonNode? value)
    {
        JsonObject config = _files.TryGetValue("config.json", out string? text) ? (JsonObject)JsonNode.Parse(text)! : [];
        config[field] = value;
        return AddFile("config.json", config);
    }

    /// <summary>Writes <c>model.safetensors</c> and the other files.</summary>
    /// <param name="folder">The folder; it is made if it is not there.</param>
    /// <returns>The folder.</returns>
    public string Write(string folder)
    {
        Directory.CreateDirectory(folder);
        foreach ((string name, byte[] content) in Contents())
        {
            File.WriteAllBytes(Path.Combine(folder, name), content);
        }

        return folder;
    }

    /// <summary>What <see cref="Write"/> writes, by name; for <see cref="MemoryCheckpointFiles"/> for example.</summary>
    public IDictionary<string, byte[]> Contents()
    {
        byte[] header = Header();
        byte[] length = new byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(length, (ulong)header.Length);
        Dictionary<string, byte[]> contents = _files.ToDictionary(file => file.Key, file => Encoding.UTF8.GetBytes(file.Value));
        contents.Add("model.safetensors", [.. length, .. header, .. _tensors.SelectMany(pair => pair.Content)]);
        return contents;
    }

    /// <summary>Opens the checkpoint as it is now, from memory; the files are its companions.</summary>
    /// <returns>A reader; the caller disposes it, after which it refuses to read.</returns>
    public ICheckpointReader Open() => new Reader(
        Tensors, [.. _files.Select(file => CompanionFile.FromBytes(file.Key, Encoding.UTF8.GetBytes(file.Value)))],
        _tensors.ToDictionary(pair => pair.Tensor.Name, pair => pair.Content));

    private byte[] Header()
    {
        JsonObject header = [];
        long end = 0;
        foreach ((TensorInfo tensor, byte[] content) in _tensors)
        {
            long begin = end;
            end += content.Length;
            header[tensor.Name] = new JsonObject
            {
                ["dtype"] = tensor.DType.Name,
                ["shape"] = new JsonArray([.. tensor.Shape.Select(extent => (JsonNode)extent)]),
                ["data_offsets"] = new JsonArray(begin, end),
            };
        }

        // The data begins at a multiple of eight, as loaders like it.
        string text = header.ToJsonString();
        return Encoding.UTF8.GetBytes(text.PadRight(text.Length + ((8 - (Encoding.UTF8.GetByteCount(text) % 8)) % 8)));
    }

    private sealed class Reader(IReadOnlyList<TensorInfo> tensors, IReadOnlyList<CompanionFile> companions,
        Dictionary<string, byte[]> contents) : ICheckpointReader
    {
        private bool _isDisposed;

        public IReadOnlyList<TensorInfo> Tensors => tensors;

        public IReadOnlyList<CompanionFile> Companions => companions;

        public IReadOnlyList<string> WeightFiles => [];

        public IReadOnlyList<Problem> Warnings => [];

        public void Read(TensorInfo tensor, long firstElement, Span<byte> destination)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            contents[tensor.Name].AsSpan((int)tensor.DType.LengthBytes(firstElement), destination.Length).CopyTo(destination);
        }

        public void Dispose() => _isDisposed = true;
    }
}
