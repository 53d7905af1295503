using System.Buffers;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using MergeHost.Checkpoints;
using MergeHost.Kernels.DTypes;
using MergeHost.Plugins.Packings.Reading;

namespace MergeHost.Plugins.Packings.Writing;

/// <summary>Packs a weight by rows.</summary>
internal sealed class StraightPacker : WeightPacker
{
    private readonly StraightForm _form;
    private readonly GroupRule _rule;
    private readonly GroupShape _groups;
    private readonly long _columns;
    private readonly int _rowBytes;
    private readonly TensorInfo _codes;
    private readonly TensorInfo _scales;
    private readonly TensorInfo? _whole;
    private readonly TensorInfo? _shape;

    /// <param name="form">How it is packed.</param>
    /// <param name="plain">The weight.</param>
    /// <param name="scaleType">The type of the scales.</param>
    public StraightPacker(StraightForm form, TensorInfo plain, DType scaleType)
        : base(plain, Run(form, plain.Shape))
    {
        _form = form;
        _rule = form.MakeRule(plain.DType);
        _columns = plain.Shape.RowLength;
        long rows = plain.ElementCount / _columns;
        long height = plain.Shape[plain.Shape.Rank - 2];
        _groups = form.HasOneScale
            ? new GroupShape(rows, rows, _columns, 1, 1)
            : GroupShape.Of(rows / height, height, _columns, form.GroupRows == 0 ? height : form.GroupRows,
                form.GroupColumns == 0 ? _columns : form.GroupColumns);
        long elements = form.CodesType == DType.I32 ? GroupShape.Up(_columns * form.Bits, 32) : _columns * form.Bits / 8;
        _rowBytes = checked((int)(elements * form.CodesType.BlockBytes));
        string stem = WeightForm.StemOf(plain.Name);
        long[] outer = [.. plain.Shape.Take(plain.Shape.Rank - 1)];
        _codes = new TensorInfo(stem + form.CodesName, form.CodesType, TensorShape.Create([.. outer, elements]));
        _scales = new TensorInfo(stem + form.ScaleName, scaleType, form.ScaleShape switch
        {
            ScaleShape.Scalar => [],
            ScaleShape.One => [1],
            ScaleShape.Rows => [rows],
            _ => TensorShape.Create([.. outer.SkipLast(1), _groups.GridRows / (rows / height), _groups.GridColumns]),
        });
        _whole = form.Rule switch
        {
            ScaleRule.Global => new TensorInfo(stem + ".weight_global_scale", DType.F32, [1]),
            ScaleRule.SecondScale => new TensorInfo(stem + ".weight_scale_2", DType.F32, []),
            _ => null,
        };
        _shape = form.CodesType == DType.I32 ? new TensorInfo(stem + ".weight_shape", DType.I64, [plain.Shape.Rank]) : null;
    }

    public override IReadOnlyList<TensorInfo> Parts => [.. new[] { _codes, _scales, _whole, _shape }.OfType<TensorInfo>()];

    public override string? MeasuredWith => _whole is not null ? FusedModules.KeyOf(Plain.Name) : _form.HasOneScale ? Plain.Name : null;

    public override double Pack(long first, Span<float> weights, float greatest, ICheckpointWriter writer)
    {
        long row = first / _columns;
        float whole = _rule.Whole(greatest);
        if (first == 0)
        {
            WriteOnce(whole, writer);
        }

        int rows = (int)(weights.Length / _columns);
        byte[] codes = ArrayPool<byte>.Shared.Rent(weights.Length);
        byte[] packed = ArrayPool<byte>.Shared.Rent(rows * _rowBytes);
        try
        {
            double error = Encode(row, rows, weights, MeasuredWith is null ? null : greatest, whole, codes, writer);
            ReadOnlySpan<byte> stored = PackCodes(codes.AsSpan(0, weights.Length), rows, packed);
            writer.Write(_codes, row * (_rowBytes / _codes.DType.BlockBytes), stored);
            return error;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(codes);
            ArrayPool<byte>.Shared.Return(packed);
        }
    }

    // Groups do not reach across matrices of a stack.
    private static long Run(StraightForm form, TensorShape shape)
    {
        long height = shape[shape.Rank - 2];
        long rows = form.HasOneScale ? 1 : form.GroupRows == 0 ? height : form.GroupRows;
        return (shape.Rank > 2 && height % rows != 0 ? height : rows) * shape.RowLength;
    }

    private double Encode(long row, int rows, Span<float> weights, float? greatest, float whole, Span<byte> codes, ICheckpointWriter writer)
    {
        double error = 0;
        bool isOne = _form.HasOneScale;
        int bandRows = isOne ? rows : (int)_groups.Rows;
        int columns = (int)_columns;
        float[] scales = ArrayPool<float>.Shared.Rent(checked(rows * (int)_groups.GridColumns));
        float[] band = ArrayPool<float>.Shared.Rent((int)_groups.GridColumns);
        int count = 0;
        for (int done = 0; done < rows;)
        {
            // A band ends where its matrix does.
            int length = isOne
                ? rows
                : (int)Math.Min(Math.Min(bandRows - ((row + done) % _groups.Height % bandRows),
                    _groups.Height - ((row + done) % _groups.Height)), rows - done);
            Span<float> numbers = weights.Slice(done * columns, length * columns);
            Span<float> maxima = band.AsSpan(0, (int)_groups.GridColumns);
            FindGreatest(numbers, length, maxima, isOne ? greatest : null);
            error += EncodeBand(numbers, length, maxima, whole, codes.Slice(done * columns, length * columns),
                scales.AsSpan(count, maxima.Length));
            count += maxima.Length;
            done += length;
        }

        if (!isOne || row == 0)
        {
            WriteScales(_groups.RowOf(row) * _groups.GridColumns, scales.AsSpan(0, count), writer);
        }

        ArrayPool<float>.Shared.Return(scales);
        ArrayPool<float>.Shared.Return(band);
        return error;
    }

    private void FindGreatest(ReadOnlySpan<float> numbers, int rows, Span<float> maxima, float? known)
    {
        if (known is { } greatest)
        {
            maxima[0] = greatest;
            return;
        }

        maxima.Clear();
        int columns = (int)_columns;
        int width = (int)_groups.Columns;
        for (int row = 0; row < rows; row++)
        {
            ReadOnlySpan<float> line = numbers.Slice(row * columns, columns);
            for (int group = 0; group < maxima.Length; group++)
            {
                ReadOnlySpan<float> run = line.Slice(group * width, Math.Min(width, columns - (group * width)));
                maxima[group] = MathF.Max(maxima[group], MathF.Abs(TensorPrimitives.MaxMagnitude(run)));
            }
        }
    }

    private double EncodeBand(Span<float> numbers, int rows, ReadOnlySpan<float> maxima, float whole, Span<byte> codes, Span<float> stored)
    {
        double error = 0;
        int columns = (int)_columns;
        int width = (int)_groups.Columns;
        Span<float> before = stackalloc float[256];
        for (int group = 0; group < maxima.Length; group++)
        {
            GroupScale scale = _rule.Scale(maxima[group], whole);
            stored[group] = scale.Stored;
            for (int row = 0; row < rows; row++)
            {
                int at = (row * columns) + (group * width);
                int end = at + Math.Min(width, columns - (group * width));
                for (; at < end; at += before.Length)
                {
                    int length = Math.Min(before.Length, end - at);
                    Span<float> run = numbers.Slice(at, length);
                    run.CopyTo(before);
                    _rule.Encode(run, scale, codes.Slice(at, length));
                    error += Error(before[..length], codes.Slice(at, length), scale.Step);
                }
            }
        }

        return error;
    }

    private double Error(ReadOnlySpan<float> weights, ReadOnlySpan<byte> codes, float step)
    {
        float sum = 0;
        float[] table = _rule.Table;
        for (int i = 0; i < weights.Length; i++)
        {
            float difference = weights[i] - (table[codes[i]] * step);
            sum += difference * difference;
        }

        return sum;
    }

    private void WriteScales(long first, ReadOnlySpan<float> scales, ICheckpointWriter writer)
    {
        byte[] bytes = new byte[_scales.DType.LengthBytes(scales.Length)];
        if (_scales.DType.BlockBytes == 1)
        {
            for (int i = 0; i < scales.Length; i++)
            {
                bytes[i] = _scales.DType == DType.F8_E4M3 ? SmallFloats.ToE4M3(scales[i]) : SmallFloats.ToExponent(scales[i]);
            }
        }
        else
        {
            DTypeConversion.FromSingle(_scales.DType, scales, bytes);
        }

        writer.Write(_scales, first, bytes);
    }

    private void WriteOnce(float whole, ICheckpointWriter writer)
    {
        if (_whole is not null)
        {
            writer.Write(_whole, 0, BitConverter.GetBytes(whole));
        }

        if (_shape is not null)
        {
            writer.Write(_shape, 0, MemoryMarshal.AsBytes<long>(Plain.Shape.ToArray()));
        }
    }

    private ReadOnlySpan<byte> PackCodes(ReadOnlySpan<byte> codes, int rows, Span<byte> packed)
    {
        if (_form.Bits == 8 && _form.CodesType.BlockBytes == 1)
        {
            return codes;
        }

        packed = packed[..(rows * _rowBytes)];
        int columns = (int)_columns;
        for (int row = 0; row < rows; row++)
        {
            BitString.Pack(codes.Slice(row * columns, columns), _form.Bits, packed.Slice(row * _rowBytes, _rowBytes));
        }

        return packed;
    }
}

/// <summary>Codes as one string of bits, the lowest first.</summary>
internal static class BitString
{
    /// <summary>Packs codes; what is left of the bytes is 0.</summary>
    public static void Pack(ReadOnlySpan<byte> codes, int bits, Span<byte> packed)
    {
        if (bits == 4)
        {
            int pairs = codes.Length / 2;
            packed[pairs..].Clear();
            for (int i = 0; i < pairs; i++)
            {
                packed[i] = (byte)(codes[2 * i] | (codes[(2 * i) + 1] << 4));
            }

            if (codes.Length % 2 != 0)
            {
                packed[pairs] = codes[^1];
            }

            return;
        }

        packed.Clear();
        for (int i = 0; i < codes.Length; i++)
        {
            int bit = i * bits;
            uint pair = (uint)codes[i] << (bit & 7);
            packed[bit >> 3] |= (byte)pair;
            if (pair >> 8 != 0)
            {
                packed[(bit >> 3) + 1] |= (byte)(pair >> 8);
            }
        }
    }
}
