using BenchmarkDotNet.Running;
using MergeHost.Perf;

// `merge FOLDER [RUNS]` times whole merges against the floor, `pytorch` merges of PyTorch's files, `quantise` GGUF's types; anything else is BenchmarkDotNet's.
if (args is ["merge", string folder, ..])
{
    MergePerf.Run(folder, args.Length > 2 ? int.Parse(args[2], System.Globalization.CultureInfo.InvariantCulture) : 5);
    return;
}

if (args is ["pytorch", string place, ..])
{
    TorchPerf.Run(place, args.Length > 2 ? int.Parse(args[2], System.Globalization.CultureInfo.InvariantCulture) : 5);
    return;
}

if (args is ["quantise"])
{
    QuantisationPerf.Run();
    return;
}

BenchmarkSwitcher.FromAssembly(typeof(MergePerf).Assembly).Run(args);
