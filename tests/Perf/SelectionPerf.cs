using BenchmarkDotNet.Attributes;
using MergeHost.Kernels.Randomness;
using MergeHost.Kernels.Selection;

namespace MergeHost.Perf;

/// <summary>The 30 % largest of a unit by magnitude, against sorting; and drawing as many random numbers.</summary>
public class SelectionPerf
{
    private const int Elements = 1 << 16;

    private readonly float[] _values = [.. Enumerable.Range(0, Elements).Select(i => MathF.Sin(i * 12.9898f) * 43758.547f % 1)];
    private readonly uint[] _counts = new uint[MagnitudeSelection.Bins];
    private readonly float[] _work = new float[Elements];
    private readonly ushort[] _draws = new ushort[Elements];
    private readonly MagnitudeSelection _selection = new();

    [Benchmark(Baseline = true)]
    public void Sort()
    {
        for (int i = 0; i < Elements; i++)
        {
            _work[i] = MathF.Abs(_values[i]);
        }

        Array.Sort(_work);
    }

    [Benchmark]
    public object SelectInPasses()
    {
        _selection.Begin(1);
        while (_selection.Pass < 2)
        {
            _selection.Count(_values, _counts);
            _selection.Add(_counts);
            _selection.EndPass(3 * Elements / 10);
        }

        return _selection.Cut;
    }

    [Benchmark]
    public object SelectAtOnce() => SmallSelection.Select(_values, 3 * Elements / 10);

    [Benchmark]
    public void DrawUniforms() => new Philox(1, 0, "w").Fill(0, _draws);
}
