using System.Globalization;
using System.Text;

namespace MergeHost.Perf;

/// <summary>A merge of a model with each of two LoRAs of rank 32 on all its projections, as a process, against <c>cat</c> of the inputs plus <c>cp</c> of the output.</summary>
internal static class AdapterPerf
{
    private const int Rank = 32;
    private const string Recipe = """
        merge_method: linear
        models:
        - {model: base+one, parameters: {weight: 0.5}}
        - {model: base+two, parameters: {weight: 0.5}}
        dtype: bfloat16
        """;

    /// <param name="folder">Where checkpoints are made and merged; 6 GB.</param>
    /// <param name="runs">How often it is timed.</param>
    public static void Run(string folder, int runs)
    {
        LargeCheckpoint.Write(Path.Combine(folder, "base"), expert: 0);
        Write(Path.Combine(folder, "one"), seed: 1);
        Write(Path.Combine(folder, "two"), seed: 2);
        File.WriteAllText(Path.Combine(folder, "adapters.yaml"), Recipe);
        for (int run = 0; run < runs; run++)
        {
            (double read, _, double readProcessor) = MergePerf.Time(folder, "sh", "-c", "cat */model.safetensors */adapter_model.safetensors >/dev/null");
            (double copy, _, double copyProcessor) = MergePerf.Time(folder, "cp", "base/model.safetensors", "copy");
            File.Delete(Path.Combine(folder, "copy"));
            (double seconds, double memory, double processor) = MergePerf.Time(folder, MergePerf.Program, "merge", "--quiet", "adapters.yaml", "out");
            Directory.Delete(Path.Combine(folder, "out"), recursive: true);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"floor {read + copy:F2} s, {readProcessor + copyProcessor:F2} s of processors; merge {seconds:F2} s, {processor:F2} s of processors, {memory:N0} MB"));
        }
    }

    private static void Write(string folder, int seed)
    {
        string path = Path.Combine(folder, "adapter_model.safetensors");
        if (File.Exists(path))
        {
            return;
        }

        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "adapter_config.json"), $$"""{"peft_type": "LORA", "r": {{Rank}}, "lora_alpha": {{2 * Rank}}, "target_modules": ".*_proj"}""");
        StringBuilder header = new("{\"__metadata__\":{\"format\":\"pt\"}");
        long offset = 0;
        foreach ((string name, int rows, int columns) in LargeCheckpoint.Projections())
        {
            string module = "base_model.model." + name[..^".weight".Length];
            header.Append(CultureInfo.InvariantCulture, $",\"{module}.lora_A.weight\":{{\"dtype\":\"F32\",\"shape\":[{Rank},{columns}],\"data_offsets\":[{offset},{offset += 4L * Rank * columns}]}}");
            header.Append(CultureInfo.InvariantCulture, $",\"{module}.lora_B.weight\":{{\"dtype\":\"F32\",\"shape\":[{rows},{Rank}],\"data_offsets\":[{offset},{offset += 4L * Rank * rows}]}}");
        }

        byte[] text = Encoding.UTF8.GetBytes(header.Append('}').ToString().PadRight((header.Length + 8) / 8 * 8));
        using FileStream file = File.Create(path);
        file.Write(BitConverter.GetBytes((long)text.Length));
        file.Write(text);
        Random random = new(seed);
        byte[] block = new byte[1 << 16];
        for (long done = 0; done < offset; done += block.Length)
        {
            for (int i = 0; i < block.Length; i += sizeof(float))
            {
                BitConverter.TryWriteBytes(block.AsSpan(i), (random.NextSingle() - 0.5f) / 50);
            }

            file.Write(block, 0, (int)Math.Min(block.Length, offset - done));
        }
    }
}
