using System.Text.Json.Nodes;
using MergeHost.Checkpoints;
using MergeHost.Kernels.DTypes;
using MergeHost.Testing;

namespace MergeHost.Plugins.Tests.Permutation;

/// <summary>A Llama with grouped heads that is small enough to be computed here in float64, and
/// copies of it with units in another order.</summary>
internal static class SmallLlama
{
    public const int Layers = 2;
    public const int Tokens = 13;
    public const int Width = 8;
    public const int Heads = 4;
    public const int Groups = 2;
    public const int Channels = 4;
    public const int Units = 10;

    public static TinyCheckpoint Make(int seed, DType? type = null)
    {
        type ??= DType.F32;
        TinyCheckpoint model = new TinyCheckpoint().Add("model.embed_tokens.weight", type, [Tokens, Width], seed);
        for (int layer = 0; layer < Layers; layer++)
        {
            string prefix = $"model.layers.{layer}.";
            model.Add(prefix + "input_layernorm.weight", type, [Width], seed)
                .Add(prefix + "self_attn.q_proj.weight", type, [Heads * Channels, Width], seed)
                .Add(prefix + "self_attn.q_proj.bias", type, [Heads * Channels], seed)
                .Add(prefix + "self_attn.k_proj.weight", type, [Groups * Channels, Width], seed)
                .Add(prefix + "self_attn.v_proj.weight", type, [Groups * Channels, Width], seed)
                .Add(prefix + "self_attn.v_proj.bias", type, [Groups * Channels], seed)
                .Add(prefix + "self_attn.o_proj.weight", type, [Width, Heads * Channels], seed)
                .Add(prefix + "post_attention_layernorm.weight", type, [Width], seed)
                .Add(prefix + "mlp.gate_proj.weight", type, [Units, Width], seed)
                .Add(prefix + "mlp.up_proj.weight", type, [Units, Width], seed)
                .Add(prefix + "mlp.down_proj.weight", type, [Width, Units], seed);
        }

        return model.Add("model.norm.weight", type, [Width], seed).Add("lm_head.weight", type, [Tokens, Width], seed)
            .AddFile("config.json", new JsonObject
            {
                ["architectures"] = new JsonArray("LlamaForCausalLM"),
                ["hidden_size"] = Width,
                ["head_dim"] = Channels,
                ["num_attention_heads"] = Heads,
                ["num_key_value_heads"] = Groups,
                ["num_hidden_layers"] = Layers,
            });
    }

    /// <summary>The same model with its units in an order of chance.</summary>
    public static TinyCheckpoint Shuffled(ICheckpointReader model, int seed, bool residual)
    {
        Random random = new(seed);
        int[] stream = residual ? Order(random, Width) : [.. Enumerable.Range(0, Width)];
        TinyCheckpoint copy = new();
        foreach (CompanionFile file in model.Companions)
        {
            copy.AddFile(file.Name, file.ReadJson());
        }

        int[] units = [];
        int[] queries = [];
        int[] keys = [];
        int[] values = [];
        int[] output = [];
        foreach (TensorInfo tensor in model.Tensors)
        {
            if (tensor.Name.EndsWith("input_layernorm.weight", StringComparison.Ordinal))
            {
                units = Order(random, Units);
                int[] groups = Order(random, Groups);
                int[] heads = [.. groups.SelectMany(group => Order(random, Heads / Groups)
                    .Select(head => (group * Heads / Groups) + head))];
                int[][] channels = [.. Enumerable.Range(0, Groups).Select(_ => Order(random, Channels))];
                queries = [.. heads.SelectMany(head => Enumerable.Range(head * Channels, Channels))];
                keys = [.. groups.SelectMany(group => Enumerable.Range(group * Channels, Channels))];
                values = [.. groups.SelectMany(group => channels[group].Select(channel => (group * Channels) + channel))];
                output = [.. heads.SelectMany(head => channels[head / (Heads / Groups)].Select(channel => (head * Channels) + channel))];
            }

            int[]? Rows(string kind) =>
                kind switch
                {
                    "q_proj" => queries,
                    "k_proj" => keys,
                    "v_proj" => values,
                    "gate_proj" or "up_proj" => units,
                    "o_proj" or "down_proj" => stream,
                    _ => null
                };
            string kind = tensor.Name.Split('.')[^2];
            bool isNorm = tensor.Shape.Rank == 1 && Rows(kind) is null;
            int[] rows = isNorm ? stream : Rows(kind) ?? [.. Enumerable.Range(0, (int)tensor.Shape[0])];
            int[] columns = tensor.Shape.Rank == 1 ? [0] : kind switch { "o_proj" => output, "down_proj" => units, _ => stream };
            float[] values0 = Values(model, tensor);
            copy.Add(tensor.Name, tensor.DType, tensor.Shape,
                [.. rows.SelectMany(row => columns.Select(column => values0[(row * columns.Length) + column]))]);
        }

        return copy;
    }

    /// <summary>The logits behind the last of some tokens, in float64.</summary>
    public static double[] Logits(ICheckpointReader model, params int[] tokens)
    {
        Dictionary<string, double[]> w = model.Tensors.ToDictionary(tensor => tensor.Name,
            tensor => Values(model, tensor).Select(value => (double)value).ToArray());
        double[][] states = [.. tokens.Select(token => w["model.embed_tokens.weight"][(token * Width)..((token + 1) * Width)])];
        for (int layer = 0; layer < Layers; layer++)
        {
            string p = $"model.layers.{layer}.";
            double[][] inputs = [.. states.Select(state => Norm(state, w[p + "input_layernorm.weight"]))];
            double[][] queries = [.. inputs.Select((input,
                at) => Rotate(Times(w[p + "self_attn.q_proj.weight"], input, w[p + "self_attn.q_proj.bias"]), at))];
            double[][] keys = [.. inputs.Select((input, at) => Rotate(Times(w[p + "self_attn.k_proj.weight"], input), at))];
            double[][] values = [.. inputs.Select(input => Times(w[p + "self_attn.v_proj.weight"], input, w[p + "self_attn.v_proj.bias"]))];
            for (int at = 0; at < states.Length; at++)
            {
                double[] mixed = new double[Heads * Channels];
                for (int head = 0; head < Heads; head++)
                {
                    int group = head / (Heads / Groups);
                    double[] weights = [.. Enumerable.Range(0, at + 1).Select(before => Math.Exp(Enumerable.Range(0, Channels)
                        .Sum(c => queries[at][(head * Channels) + c] * keys[before][(group * Channels) + c]) / Math.Sqrt(Channels)))];
                    for (int c = 0; c < Channels; c++)
                    {
                        mixed[(head * Channels) + c] = weights.Select((weight, before) => weight * values[before][(group * Channels) + c])
                            .Sum() / weights.Sum();
                    }
                }

                double[] state = Sum(states[at], Times(w[p + "self_attn.o_proj.weight"], mixed));
                double[] input = Norm(state, w[p + "post_attention_layernorm.weight"]);
                double[] up = Times(w[p + "mlp.up_proj.weight"], input);
                double[] units = [.. Times(w[p + "mlp.gate_proj.weight"], input)
                    .Select((gate, unit) => gate / (1 + Math.Exp(-gate)) * up[unit])];
                states[at] = Sum(state, Times(w[p + "mlp.down_proj.weight"], units));
            }
        }

        return Times(w["lm_head.weight"], Norm(states[^1], w["model.norm.weight"]));
    }

    public static float[] Values(ICheckpointReader model, TensorInfo tensor)
    {
        float[] values = new float[tensor.ElementCount];
        model.ReadSingle(model.Tensors.First(stored => stored.Name == tensor.Name), 0, values);
        return values;
    }

    private static int[] Order(Random random, int count)
    {
        int[] order = [.. Enumerable.Range(0, count)];
        random.Shuffle(order);
        return order;
    }

    private static double[] Sum(double[] a, double[] b) => [.. a.Zip(b, (x, y) => x + y)];

    private static double[] Norm(double[] state, double[] scale)
    {
        double length = Math.Sqrt((state.Sum(value => value * value) / state.Length) + 1e-6);
        return [.. state.Zip(scale, (value, factor) => value / length * factor)];
    }

    private static double[] Times(double[] matrix, double[] vector, double[]? bias = null) =>
        [.. Enumerable.Range(0, matrix.Length / vector.Length)
            .Select(row => vector.Select((value, column) => matrix[(row * vector.Length) + column] * value).Sum() + (bias?[row] ?? 0))];

    private static double[] Rotate(double[] vector, int at)
    {
        double[] result = new double[vector.Length];
        for (int i = 0; i < vector.Length; i++)
        {
            int channel = i % Channels;
            bool isFirst = channel < Channels / 2;
            double angle = at * Math.Pow(10_000, -2.0 * (channel % (Channels / 2)) / Channels);
            double partner = isFirst ? -vector[i + (Channels / 2)] : vector[i - (Channels / 2)];
            result[i] = (vector[i] * Math.Cos(angle)) + (partner * Math.Sin(angle));
        }

        return result;
    }
}
