using System.Globalization;
using System.Text;

namespace MergeHost.Perf;

/// <summary>Writes LoRAs of rank 32 on all projections of a <see cref="LargeCheckpoint"/>.</summary>
internal static class LargeAdapter
{
    private const int Rank = 32;

    /// <summary>Writes an adapter unless it is there.</summary>
    /// <param name="folder">Where.</param>
    /// <param name="seed">Of its numbers.</param>
    /// <param name="layers">How many layers its model has.</param>
    public static void Write(string folder, int seed, int layers)
    {
        string path = Path.Combine(folder, "adapter_model.safetensors");
        if (File.Exists(path))
        {
            return;
        }

        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "adapter_config.json"),
            $$"""{"peft_type": "LORA", "r": {{Rank}}, "lora_alpha": {{2 * Rank}}, "target_modules": ".*_proj"}""");
        StringBuilder header = new("{\"__metadata__\":{\"format\":\"pt\"}");
        long offset = 0;
        foreach ((string name, int rows, int columns) in LargeCheckpoint.Projections(layers))
        {
            string module = "base_model.model." + name[..^".weight".Length];
            header.Append(CultureInfo.InvariantCulture,
                $",\"{module}.lora_A.weight\":{{\"dtype\":\"F32\",\"shape\":[{Rank},{columns}],\"data_offsets\":[{offset},"
                    + $"{offset += 4L * Rank * columns}]}}");
            header.Append(CultureInfo.InvariantCulture,
                $",\"{module}.lora_B.weight\":{{\"dtype\":\"F32\",\"shape\":[{rows},{Rank}],\"data_offsets\":[{offset},"
                    + $"{offset += 4L * Rank * rows}]}}");
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
