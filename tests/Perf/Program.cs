using BenchmarkDotNet.Running;
using MergeHost.Perf;

// `ladder RESULTS FOLDER [RUNS [LAYERS [CASE …]]]` times whole merges against the floor, `quantise` GGUF's types, `unpack` packed weights,
// `algebra METHOD [SHAPES]` methods on matrices against one product; anything else is BenchmarkDotNet's.
if (args is ["ladder", string results, string folder, ..])
{
    int[] numbers = [.. args.Skip(3).Take(2).Select(number => int.Parse(number, System.Globalization.CultureInfo.InvariantCulture))];
    MergePerf.Run(
        results, folder, numbers.ElementAtOrDefault(0) is > 0 and int runs ? runs : 5,
        numbers.ElementAtOrDefault(1) is > 0 and int layers ? layers : 16,
        args[Math.Min(5, args.Length)..]);
    return;
}

if (args is ["quantise"])
{
    QuantisationPerf.Run();
    return;
}

if (args is ["unpack"])
{
    UnpackPerf.Run();
    return;
}

if (args is ["algebra", string method, ..])
{
    AlgebraPerf.Run(method, args.Length > 2 ? int.Parse(args[2], System.Globalization.CultureInfo.InvariantCulture) : int.MaxValue);
    return;
}

BenchmarkSwitcher.FromAssembly(typeof(MergePerf).Assembly).Run(args);
