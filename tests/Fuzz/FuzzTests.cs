using System.Diagnostics;
using System.Globalization;
using System.Text;
using MergeHost.Serving;
using MergeHost.Testing;

namespace MergeHost.Fuzz.Tests;

/// <summary>What strangers send, wrong in a few places: whatever comes of it, it is read or it
/// is a problem with a code, and soon.</summary>
/// <remarks>
/// <c>MERGEHOST_MUTANTS=100000</c> tries more of them than fit a daily run, <c>MERGEHOST_FUZZ_SEED=7</c> others, and
/// <c>MERGEHOST_FUZZ_LOG=FILE</c> adds a line for each target to a file.
/// </remarks>
public sealed class FuzzTests
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(20);

    private static readonly int _count = Setting("MERGEHOST_MUTANTS", 10_000);

    // Files that lie in memory are written and read ten times as fast.
    static FuzzTests()
    {
        const string memory = "/dev/shm";
        if (Directory.Exists(memory) && Environment.GetEnvironmentVariable("TMPDIR") is null)
        {
            Environment.SetEnvironmentVariable("TMPDIR", memory);
        }
    }

    public static TheoryData<string> Targets => [.. FuzzTargets.All.Keys];

    [Theory]
    [MemberData(nameof(Targets))]
    public void Read_OfMutants_ThrowsNothingButProblems(string name)
    {
        FuzzTarget target = FuzzTargets.All[name];
        byte[][] seeds = [.. Directory.EnumerateFiles(Path.Combine(AppContext.BaseDirectory, "corpus", name)).Order(StringComparer.Ordinal)
            .Select(File.ReadAllBytes)];
        Mutator mutator = new(Setting("MERGEHOST_FUZZ_SEED", 20_260), [.. target.Words.Select(Encoding.Latin1.GetBytes)]);
        using TemporaryFolder folder = new();
        Assert.All(seeds, seed => Assert.Null(Try(target, seed, folder).Refusal));

        int accepted = 0;
        TimeSpan slowest = TimeSpan.Zero;
        long start = Stopwatch.GetTimestamp();
        for (int index = 0; index < _count; index++)
        {
            byte[] mutant = mutator.Mutate(mutator.Choose(seeds));
            (Exception? refusal, TimeSpan time) = Try(target, mutant, folder);
            Assert.True(refusal is null or MergeHostException or BadRequestException,
                $"{name}, mutant {index}, {Convert.ToBase64String(mutant)}: {refusal}");
            Assert.True(time < _patience, $"{name}, mutant {index}, {Convert.ToBase64String(mutant)}: {time.TotalSeconds} s");
            accepted += refusal is null ? 1 : 0;
            slowest = time > slowest ? time : slowest;
        }

        // Both ways are taken.
        Assert.InRange(accepted, 1, _count - 1);
        if (Environment.GetEnvironmentVariable("MERGEHOST_FUZZ_LOG") is { Length: > 0 } log)
        {
            File.AppendAllText(log, string.Create(CultureInfo.InvariantCulture,
                $"| {name} | {_count:N0} | {accepted:N0} | {Stopwatch.GetElapsedTime(start).TotalSeconds:F0} | "
                    + $"{slowest.TotalMilliseconds:F0} |\n"));
        }
    }

    private static (Exception? Refusal, TimeSpan Time) Try(FuzzTarget target, byte[] content, TemporaryFolder folder)
    {
        long start = Stopwatch.GetTimestamp();
        try
        {
            target.Read(content, folder);
            return (null, Stopwatch.GetElapsedTime(start));
        }
        catch (Exception exception)
        {
            return (exception, Stopwatch.GetElapsedTime(start));
        }
    }

    private static int Setting(string name, int usual) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), CultureInfo.InvariantCulture, out int value) ? value : usual;
}
