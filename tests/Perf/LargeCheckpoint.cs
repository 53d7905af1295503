using System.Globalization;
using System.Text;
using MergeHost.Kernels.DTypes;
using MergeHost.Kernels.Randomness;

namespace MergeHost.Perf;

/// <summary>Writes Llama-shaped checkpoints of 1.24 billion parameters in bf16: a base, and experts near it.</summary>
internal static class LargeCheckpoint
{
    /// <summary>The name of a tokenizer's file.</summary>
    public const string TokenizerFile = "tokenizer.json";

    private const int Hidden = 2048;
    private const int MostLayers = 16;
    private const int KeyValue = 512;
    private const int FeedForward = 8192;
    private const int Vocabulary = 128_256;

    /// <summary>Writes a checkpoint unless it is there.</summary>
    /// <param name="folder">Where.</param>
    /// <param name="expert">0 for the base, else the number of the expert.</param>
    /// <param name="layers">How many layers; fewer make a smaller checkpoint.</param>
    public static void Write(string folder, int expert, int layers = MostLayers)
    {
        string path = Path.Combine(folder, "model.safetensors");
        if (File.Exists(path))
        {
            return;
        }

        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "config.json"), $$"""
            {"architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_size": {{Hidden}}, "num_hidden_layers": {{layers}},
            "num_attention_heads": 32,
             "num_key_value_heads": 8, "intermediate_size": {{FeedForward}}, "vocab_size": {{Vocabulary}}, "tie_word_embeddings": true,
             "torch_dtype": "bfloat16"}
            """);
        using FileStream file = File.Create(path + ".partial");
        (string Name, long Elements, string Shape)[] tensors = [.. Tensors(layers)];
        StringBuilder header = new("{\"__metadata__\":{\"format\":\"pt\"}");
        long offset = 0;
        foreach ((string name, long elements, string shape) in tensors)
        {
            header.Append(CultureInfo.InvariantCulture,
                $",\"{name}\":{{\"dtype\":\"BF16\",\"shape\":[{shape}],\"data_offsets\":[{offset},{offset += 2 * elements}]}}");
        }

        byte[] text = Encoding.UTF8.GetBytes(header.Append('}').ToString().PadRight((header.Length + 8) / 8 * 8));
        file.Write(BitConverter.GetBytes((long)text.Length));
        file.Write(text);
        Array.ForEach(tensors, tensor => WriteTensor(file, tensor.Name, tensor.Elements, expert));
        file.Close();
        File.Move(path + ".partial", path);
    }

    /// <summary>Writes a tokenizer of as many tokens as a checkpoint has rows, a few of them its own.</summary>
    /// <param name="folder">The checkpoint's.</param>
    /// <param name="expert">The number of the expert.</param>
    public static void WriteTokenizer(string folder, int expert)
    {
        const int own = 256;
        IEnumerable<string> tokens = Enumerable.Range(0, Vocabulary)
            .Select(id => id < Vocabulary - own ? $"\"t{id}\":{id}" : $"\"own{expert}of{id}\":{id}");
        File.WriteAllText(Path.Combine(folder, TokenizerFile), $$"""
            {"version": "1.0", "truncation": null, "padding": null, "added_tokens": [], "normalizer": null, "pre_tokenizer": null,
            "post_processor": null,
             "decoder": null, "model": {"type": "BPE", "dropout": null, "unk_token": null, "continuing_subword_prefix": null,
             "end_of_word_suffix": null,
             "fuse_unk": false, "byte_fallback": false, "ignore_merges": false, "vocab": {{{string.Join(',', tokens)}}}, "merges": []} }
            """);
    }

    /// <summary>The projections of all layers, with their rows and columns.</summary>
    public static IEnumerable<(string Name, int Rows, int Columns)> Projections(int layers) =>
        Tensors(layers).Where(tensor => tensor.Name.EndsWith("_proj.weight", StringComparison.Ordinal))
            .Select(tensor => (tensor.Name, tensor.Shape.Split(',')))
            .Select(tensor => (tensor.Name, int.Parse(tensor.Item2[0], CultureInfo.InvariantCulture),
                int.Parse(tensor.Item2[1], CultureInfo.InvariantCulture)));

    private static IEnumerable<(string Name, long Elements, string Shape)> Tensors(int layers)
    {
        yield return Matrix("model.embed_tokens.weight", Vocabulary, Hidden);
        for (int layer = 0; layer < layers; layer++)
        {
            string prefix = $"model.layers.{layer}";
            yield return ($"{prefix}.input_layernorm.weight", Hidden, $"{Hidden}");
            yield return Matrix($"{prefix}.mlp.down_proj.weight", Hidden, FeedForward);
            yield return Matrix($"{prefix}.mlp.gate_proj.weight", FeedForward, Hidden);
            yield return Matrix($"{prefix}.mlp.up_proj.weight", FeedForward, Hidden);
            yield return ($"{prefix}.post_attention_layernorm.weight", Hidden, $"{Hidden}");
            yield return Matrix($"{prefix}.self_attn.k_proj.weight", KeyValue, Hidden);
            yield return Matrix($"{prefix}.self_attn.o_proj.weight", Hidden, Hidden);
            yield return Matrix($"{prefix}.self_attn.q_proj.weight", Hidden, Hidden);
            yield return Matrix($"{prefix}.self_attn.v_proj.weight", KeyValue, Hidden);
        }

        yield return ("model.norm.weight", Hidden, $"{Hidden}");

        static (string, long, string) Matrix(string name, int rows, int columns) => (name, (long)rows * columns, $"{rows},{columns}");
    }

    // Sums of uniform numbers: near enough to normal. An expert adds a tenth of as much of its own.
    private static void WriteTensor(FileStream file, string name, long elements, int expert)
    {
        const int block = 1 << 18;
        Philox[] ofBase = [.. Enumerable.Range(0, 4).Select(stream => new Philox(1, stream, name))];
        Philox[] ofExpert = expert == 0 ? [] : [.. Enumerable.Range(0, 4).Select(stream => new Philox(1 + expert, stream, name))];
        ushort[] draws = new ushort[block];
        float[] values = new float[block];
        byte[] stored = new byte[2 * block];
        for (long first = 0; first < elements; first += block)
        {
            int count = (int)Math.Min(block, elements - first);
            Array.Clear(values);
            Add(ofBase, first, count, draws, values, 0.02f);
            Add(ofExpert, first, count, draws, values, 0.002f);
            DTypeConversion.FromSingle(DType.BF16, values.AsSpan(0, count), stored.AsSpan(0, 2 * count));
            file.Write(stored, 0, 2 * count);
        }
    }

    private static void Add(Philox[] streams, long first, int count, ushort[] draws, float[] values, float scale)
    {
        foreach (Philox stream in streams)
        {
            stream.Fill(first, draws.AsSpan(0, count));
            for (int i = 0; i < count; i++)
            {
                values[i] += scale * ((draws[i] / 65536f) - 0.5f);
            }
        }
    }
}
