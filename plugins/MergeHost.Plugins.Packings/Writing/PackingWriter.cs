using System.Buffers;
using System.Collections.Concurrent;
using System.Globalization;
using System.Numerics.Tensors;
using MergeHost.Checkpoints;
using MergeHost.Kernels.DTypes;
using MergeHost.Packings;

namespace MergeHost.Plugins.Packings.Writing;

/// <summary>Packs weights as they are written.</summary>
/// <param name="inner">Writes what is stored.</param>
/// <param name="packed">What is packed, and how.</param>
internal sealed class PackingWriter(
    ICheckpointWriter inner, IReadOnlyDictionary<string, PlannedWeight> packed) : IPackingWriter
{
    private readonly ConcurrentDictionary<string, float> _greatest = [];
    private readonly Dictionary<string, (double Error, double Power)> _errors = [];

    public IReadOnlyList<string> Files => inner.Files;

    public void Measure(TensorInfo tensor, ReadOnlySpan<byte> data)
    {
        using Rented numbers = new(tensor, data);
        float greatest = MathF.Abs(TensorPrimitives.MaxMagnitude(numbers.Span));
        _greatest.AddOrUpdate(packed[tensor.Name].Tensor.MeasuredWith!, greatest, (_, other) => MathF.Max(other, greatest));
    }

    public void Write(TensorInfo tensor, long firstElement, ReadOnlySpan<byte> data)
    {
        if (!packed.TryGetValue(tensor.Name, out PlannedWeight? weight) || tensor != weight.Tensor.Plain)
        {
            inner.Write(tensor, firstElement, data);
            return;
        }

        if (firstElement == 0)
        {
            foreach (ActivationRange range in weight.Ranges)
            {
                range.Write(inner);
            }
        }

        using Rented numbers = new(tensor, data);
        double power = TensorPrimitives.SumOfSquares(numbers.Span);
        float greatest = weight.Tensor.MeasuredWith is { } key ? _greatest[key] : 0;
        double error = weight.Packer!.Pack(firstElement, numbers.Span, greatest, inner);
        lock (_errors)
        {
            (double Error, double Power) before = _errors.GetValueOrDefault(tensor.Name);
            _errors[tensor.Name] = (before.Error + error, before.Power + power);
        }
    }

    public void Read(TensorInfo tensor, long firstElement, Span<byte> destination) => inner.Read(tensor, firstElement, destination);

    public void Complete() => inner.Complete();

    public IReadOnlyList<Problem> Report()
    {
        (string Name, double Error, double Power)[] made = [.. _errors.Where(error => error.Value.Power > 0)
            .Select(error => (error.Key, error.Value.Error, error.Value.Power))];
        if (made.Length == 0)
        {
            return [];
        }

        (string Name, double Error, double Power) worst = made.MaxBy(tensor => tensor.Error / tensor.Power);
        return [new Problem(ErrorCodes.CheckpointOddity, string.Create(CultureInfo.InvariantCulture,
            $"{made.Length:N0} weights are packed by rounding to nearest, without calibration; rounded off "
                + $"are {Share(made.Sum(tensor => tensor.Error), made.Sum(tensor => tensor.Power))} of their size, at "
                + $"most {Share(worst.Error, worst.Power)} in '{worst.Name}'"),
            null, null, Severity.Warning)];
    }

    public void Dispose() => inner.Dispose();

    private static string Share(double error, double power) =>
        string.Create(CultureInfo.InvariantCulture, $"{100 * Math.Sqrt(error / power):0.0#} %");

    private readonly ref struct Rented
    {
        private readonly float[] _numbers;

        public Rented(TensorInfo tensor, ReadOnlySpan<byte> data)
        {
            int count = data.Length / tensor.DType.BlockBytes;
            _numbers = ArrayPool<float>.Shared.Rent(count);
            Span = _numbers.AsSpan(0, count);
            DTypeConversion.ToSingle(tensor.DType, data, Span);
        }

        public Span<float> Span { get; }

        public void Dispose() => ArrayPool<float>.Shared.Return(_numbers);
    }
}
