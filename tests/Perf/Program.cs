using BenchmarkDotNet.Running;
using MergeHost.Perf;

// `merge FOLDER [RUNS [LAYERS [METHOD …]]]` times whole merges against the floor, `adapters` one with two adapters, `pytorch` merges of PyTorch's files, `quantise` GGUF's types, `unpack` packed weights, `algebra METHOD [SHAPES]` methods on matrices against one product; anything else is BenchmarkDotNet's.
if (args is ["merge", string folder, ..])
{
    int[] numbers = [.. args.Skip(2).Take(2).Select(number => int.Parse(number, System.Globalization.CultureInfo.InvariantCulture))];
    MergePerf.Run(folder, numbers.ElementAtOrDefault(0) is > 0 and int runs ? runs : 5, numbers.ElementAtOrDefault(1) is > 0 and int layers ? layers : 16, args[Math.Min(4, args.Length)..]);
    return;
}

if (args is ["pytorch", string place, ..])
{
    TorchPerf.Run(place, args.Length > 2 ? int.Parse(args[2], System.Globalization.CultureInfo.InvariantCulture) : 5);
    return;
}

if (args is ["adapters", string where, ..])
{
    AdapterPerf.Run(where, args.Length > 2 ? int.Parse(args[2], System.Globalization.CultureInfo.InvariantCulture) : 5);
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
