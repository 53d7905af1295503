using System.Globalization;
using System.Runtime.InteropServices;
using MergeHost.Kernels.Vectors;
using MergeHost.Kernels.Vectors.Loops;
using MergeHost.Plugins.Averaging;
using MergeHost.Plugins.Gguf;
using MergeHost.Strategies;

namespace MergeHost.Perf;

/// <summary>
/// Types of GGUF on one core: merging two quantised tensors and storing the mean, against copying as many bytes as come in and go out, and
/// against the half of that which makes as much traffic, since a copy both reads and writes; and quantising, against ggml's own functions
/// if <c>MERGEHOST_GGML</c> names its library (<c>libggml-base.so</c>).
/// </summary>
internal static unsafe class QuantisationPerf
{
    private const int Elements = 1 << 16;
    private const int Blocks = 2048;
    private const int Row = 4096;
    private const int Part = 1024;
    private const int Rounds = 9;

    private static readonly string[] _merged = ["Q8_0", "Q4_0"];
    private static readonly string[] _encoded = ["Q8_0", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q2_K", "Q3_K", "Q4_K", "Q5_K", "Q6_K", "IQ4_NL",
        "IQ4_XS"];

    /// <summary>Prints both tables.</summary>
    public static void Run()
    {
        float[] weights = Weights(1);
        Console.WriteLine(
            "| type | copy | decode, mean, encode | ratio | ratio, traffic | M weights/s | M weights/s, decode |\n"
                + "|---|---|---|---|---|---|---|");
        foreach (DType type in _merged.Select(TypeOf))
        {
            PrintMerge(type, weights, Weights(2));
        }

        string? library = Environment.GetEnvironmentVariable("MERGEHOST_GGML");
        delegate* unmanaged[Cdecl]<int, float*, byte*, long, long, long, float*, nuint> ggml = library is null ? null
            : (delegate* unmanaged[Cdecl]<int, float*, byte*, long, long, long, float*, nuint>)NativeLibrary.GetExport(
                NativeLibrary.Load(library), "ggml_quantize_chunk");
        Console.WriteLine("\n| type | here | ggml | ratio | bytes |\n|---|---|---|---|---|");
        foreach (DType type in _encoded.Select(TypeOf))
        {
            PrintEncode(type, weights, ggml);
        }
    }

    private static DType TypeOf(string name) => GgufType.All.First(type => type.Name == name);

    // Two tensors are read and one is written, part by part, as the host does; all three are larger than the processor's cache.
    private static void PrintMerge(DType type, float[] left, float[] right)
    {
        int blockBytes = (int)type.LengthBytes(Elements);
        byte[][] tensors = [new byte[Blocks * blockBytes], new byte[Blocks * blockBytes], new byte[Blocks * blockBytes]];
        for (int block = 0; block < Blocks; block++)
        {
            type.Codec!.FromSingle(left, tensors[0].AsSpan(block * blockBytes, blockBytes));
            type.Codec.FromSingle(right, tensors[1].AsSpan(block * blockBytes, blockBytes));
        }

        // As many bytes as come in and go out.
        double floor = Best(() =>
        {
            tensors[0].CopyTo(tensors[2], 0);
            tensors[1].CopyTo(tensors[2], 0);
            tensors[0].CopyTo(tensors[2], 0);
        });
        double merge = Best(() => Merge(type, tensors));
        float[] decoded = new float[Elements];
        double decode = Best(() => type.Codec!.ToSingle(tensors[0].AsSpan(0, blockBytes), decoded));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"| {type} | {floor * 1e3:0.0} ms | {merge * 1e3:0.0} ms "
                + $"| {merge / floor:0.0} | {2 * merge / floor:0.0} | {(long)Blocks * Elements / merge / 1e6:0} | "
                + $"{Elements / decode / 1e6:0} |"));
    }

    private static void Merge(DType type, byte[][] tensors)
    {
        TensorInfo tensor = new("w", type, [Elements]);
        LinearOptions options = new() { Weight = 0.5 };
        ElementwiseTreatment mean = (ElementwiseTreatment)((IMergeStrategy)new LinearStrategy()).Merge(
            new TensorGroup { Output = tensor, Sources = [(tensor, options), (tensor, options)], Options = options });
        ElementwiseFunction function = ElementwiseLoop.Bind(mean, LaneWidths.Current, ElementFormat.Single, ElementFormat.Single);
        int partBytes = (int)type.LengthBytes(Part);
        using AlignedBlock memory = new(3L * Part * sizeof(float));
        Span<float> first = new(memory.Memory, Part);
        Span<float> second = new((float*)memory.Memory + Part, Part);
        Span<float> result = new((float*)memory.Memory + (2 * Part), Part);
        byte** sources = stackalloc byte*[] { memory.Memory, memory.Memory + (Part * sizeof(float)) };
        float* parameters = stackalloc float[2];
        mean.Parameters.CopyTo(0, new Span<float>(parameters, 2));
        KernelRun run = new() { Sources = sources, SourceCount = 2, Parameters = parameters, Count = Part };
        for (int at = 0; at < tensors[0].Length; at += partBytes)
        {
            type.Codec!.ToSingle(tensors[0].AsSpan(at, partBytes), first);
            type.Codec.ToSingle(tensors[1].AsSpan(at, partBytes), second);
            function(run, memory.Memory + (2L * Part * sizeof(float)));
            type.Codec.FromSingle(result, tensors[2].AsSpan(at, partBytes));
        }
    }

    private static void PrintEncode(DType type, float[] weights,
        delegate* unmanaged[Cdecl]<int, float*, byte*, long, long, long, float*, nuint> ggml)
    {
        byte[] ours = new byte[type.LengthBytes(Elements)];
        double here = Best(() => type.Codec!.FromSingle(weights, ours));
        string reference = "| | |";
        if (ggml != null)
        {
            byte[] theirs = new byte[ours.Length];
            fixed (float* source = weights)
            fixed (byte* destination = theirs)
            {
                (nint from, nint to) = ((nint)source, (nint)destination);
                double there = Best(() => ggml((int)GgufType.IdOf(type)!.Value, (float*)from, (byte*)to, 0, Elements / Row, Row, null));
                reference = string.Create(
                    CultureInfo.InvariantCulture,
                    $"{Elements / there / 1e6:0.0} | {there / here:0.00} | {(ours.AsSpan().SequenceEqual(theirs) ? "equal" : "differ")} |");
            }
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {type} | {Elements / here / 1e6:0.0} | {reference}"));
    }

    // The quickest of several, each of at least 20 ms of the core: what else the machine does can only slow it down.
    private static double Best(Action action)
    {
        action();
        double best = double.MaxValue;
        for (int round = 0; round < Rounds; round++)
        {
            int count = 0;
            double start = CoreTime.Now;
            do
            {
                action();
                count++;
            }
            while (CoreTime.Now - start < 0.02);
            best = Math.Min(best, (CoreTime.Now - start) / count);
        }

        return best;
    }

    private static float[] Weights(int seed)
    {
        System.Random random = new(seed);
        return [.. Enumerable.Range(0, Elements)
            .Select(_ => (float)(Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble()) * 0.02))];
    }
}
