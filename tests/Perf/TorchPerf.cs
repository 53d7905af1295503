using System.Globalization;

namespace MergeHost.Perf;

/// <summary>Merges of PyTorch's files against those of the same numbers in safetensors, and against the floor.</summary>
/// <remarks>
/// The floor is <c>cat</c> of the inputs plus <c>cp</c> of one. The page cache is warm. Floor and merges take turns; the best of the runs
/// counts.
/// </remarks>
internal static class TorchPerf
{
    private const int Layers = 4;

    /// <param name="folder">Where checkpoints are made and merged; 6 GB.</param>
    /// <param name="runs">How often each is timed.</param>
    public static void Run(string folder, int runs)
    {
        foreach (int expert in new[] { 1, 2 })
        {
            string safetensors = Path.Combine(folder, $"expert{expert}");
            LargeCheckpoint.Write(safetensors, expert, Layers);
            LargeTorchFile.Write(Path.Combine(safetensors, "model.safetensors"), safetensors + "-bin");
        }

        double[] best = [.. Enumerable.Repeat(double.MaxValue, 4)];
        double memory = 0;
        for (int run = 0; run < runs; run++)
        {
            Note(0, MergePerf.Time(folder, "sh", "-c", "cat expert?-bin/pytorch_model.bin >/dev/null").Seconds);
            Note(1, MergePerf.Time(folder, "cp", "expert1-bin/pytorch_model.bin", "copy").Seconds);
            File.Delete(Path.Combine(folder, "copy"));
            Note(2, Merge(folder, "").Seconds);
            (double seconds, double megabytes) = Merge(folder, "-bin");
            Note(3, seconds);
            memory = Math.Max(memory, megabytes);
        }

        double floor = best[0] + best[1];
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"Best of {runs}: floor {floor:F2} s (cat {best[0]:F2}, cp {best[1]:F2}), safetensors {best[2]:F2} s, .bin {best[3]:F2} s"));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $".bin to the floor {best[3] / floor:F2}, peak {memory:F0} MB"));

        void Note(int index, double seconds) => best[index] = Math.Min(best[index], seconds);
    }

    private static (double Seconds, double Megabytes) Merge(string folder, string kind)
    {
        File.WriteAllText(Path.Combine(folder, "linear.yaml"), $$"""
            merge_method: linear
            models:
            - {model: expert1{{kind}}, parameters: {weight: 0.5} }
            - {model: expert2{{kind}}, parameters: {weight: 0.5} }
            dtype: bfloat16
            """);
        (double seconds, double megabytes, _) = MergePerf.Time(folder, MergePerf.Program, "merge", "--quiet", "linear.yaml", "out");
        Directory.Delete(Path.Combine(folder, "out"), recursive: true);
        return (seconds, megabytes);
    }
}
