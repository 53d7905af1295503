using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using MergeHost.Checkpoints;
using MergeHost.Kernels.DTypes;

namespace MergeHost.Plugins.Packings.Writing;

/// <summary>GPTQ and AWQ: a weight on its side in words of 32 bits, with a scale and a zero point for each group of inputs.</summary>
/// <param name="Scheme">What the configuration calls it.</param>
/// <param name="Bits">Bits of a code.</param>
/// <param name="Group">Inputs that share a scale; 0 for all.</param>
/// <param name="IsSymmetric">Whether zero points are the middle of the range.</param>
/// <param name="Added">What is taken off zero points as they are stored: 1 in GPTQ's first version.</param>
/// <param name="HasIndex">Whether each input's group is stored.</param>
/// <param name="ScaleType">The type of the scales.</param>
internal sealed record WordForm(string Scheme, int Bits, long Group, bool IsSymmetric, int Added, bool HasIndex, DType ScaleType)
    : WeightForm(Scheme)
{
    public override string Settings =>
        FormattableString.Invariant(
            $"{Bits} bits in groups of {(Group == 0 ? "all" : Group)} inputs, {(IsSymmetric ? "symmetric" : "with zero points")}");

    /// <summary>Whether words hold outputs, even ones first.</summary>
    public bool IsAwq => Scheme == "awq";

    public override bool Fits(TensorShape shape) =>
        shape.Rank == 2 && shape.ElementCount > 0 && (Group == 0 || shape[1] % Group == 0) && shape[1] * Bits % 32 == 0
            && shape[0] * Bits % 32 == 0;

    public override WeightPacker Packer(TensorInfo plain, DType scaleType) => new WordPacker(this, plain);

    /// <summary>The scale and the zero point of a group.</summary>
    public (float Scale, float Zero) Range(float least, float greatest)
    {
        int levels = (1 << Bits) - 1;
        least = MathF.Min(least, 0);
        greatest = MathF.Max(greatest, 0);
        if (IsSymmetric)
        {
            // GPTQ's own: a group without negative numbers uses half of the codes.
            greatest = MathF.Max(-least, greatest);
            least = least < 0 ? -greatest : least;
        }

        if (least == 0 && greatest == 0)
        {
            (least, greatest) = (-1, 1);
        }

        float scale = (greatest - least) / levels;
        if (IsAwq)
        {
            scale = SmallFloats.Rounded(MathF.Max(scale, 1e-5f / levels), ScaleType);
        }

        return (scale, IsSymmetric ? (levels + 1) / 2 : Math.Clamp(MathF.Round(-least / scale), 0, levels));
    }
}

/// <summary>Packs a weight on its side; what was packed is held until all of it is there.</summary>
internal sealed class WordPacker : WeightPacker
{
    private const int PerWord = 8;

    // Where a word of AWQ has the code of each of its outputs.
    private static readonly int[] _evenFirst = [0, 4, 1, 5, 2, 6, 3, 7];

    private readonly WordForm _form;
    private readonly int _inputs;
    private readonly int _outputs;
    private readonly int _group;
    private readonly TensorInfo _codes;
    private readonly TensorInfo _zeros;
    private readonly TensorInfo _scales;
    private readonly TensorInfo? _index;
    private readonly Lock _lock = new();
    private Held? _held;
    private long _done;

    /// <param name="form">How it is packed.</param>
    /// <param name="plain">The weight.</param>
    public WordPacker(WordForm form, TensorInfo plain)
        : base(plain, (form.IsAwq ? PerWord : 1) * plain.Shape[1])
    {
        _form = form;
        (_outputs, _inputs) = (checked((int)plain.Shape[0]), checked((int)plain.Shape[1]));
        _group = form.Group == 0 ? _inputs : (int)form.Group;
        string stem = WeightForm.StemOf(plain.Name);
        _codes = new(stem + ".qweight", DType.I32, form.IsAwq ? [_inputs, _outputs / PerWord] : [(long)_inputs * form.Bits / 32, _outputs]);
        _zeros = new(stem + ".qzeros", DType.I32, [Groups, (long)_outputs * form.Bits / 32]);
        _scales = new(stem + ".scales", form.ScaleType, [Groups, _outputs]);
        _index = form.HasIndex ? new(stem + ".g_idx", DType.I32, [_inputs]) : null;
    }

    public override IReadOnlyList<TensorInfo> Parts => [.. new[] { _codes, _zeros, _scales, _index }.OfType<TensorInfo>()];

    private int Groups => _inputs / _group;

    public override double Pack(long first, Span<float> weights, float greatest, ICheckpointWriter writer)
    {
        Held held;
        lock (_lock)
        {
            held = _held ??= new Held(checked((int)_codes.ElementCount), Groups * _outputs);
        }

        double error = 0;
        byte[] codes = new byte[_inputs];
        byte[] words = new byte[(long)_inputs * _form.Bits / 8];
        for (int row = 0; row < weights.Length / _inputs; row++)
        {
            int output = (int)(first / _inputs) + row;
            error += Encode(weights.Slice(row * _inputs, _inputs), output, held, codes);
            Place(codes, words, output, held.Codes);
        }

        if (Interlocked.Add(ref _done, weights.Length) == Plain.ElementCount)
        {
            Write(held, writer);
            _held = null;
        }

        return error;
    }

    private double Encode(ReadOnlySpan<float> weights, int output, Held held, Span<byte> codes)
    {
        double error = 0;
        int levels = (1 << _form.Bits) - 1;
        for (int group = 0; group < Groups; group++)
        {
            ReadOnlySpan<float> run = weights.Slice(group * _group, _group);
            (float scale, float zero) = _form.Range(TensorPrimitives.Min(run), TensorPrimitives.Max(run));
            float stored = SmallFloats.Rounded(scale, _form.ScaleType);
            held.Scales[(group * _outputs) + output] = stored;
            held.Zeros[(group * _outputs) + output] = (byte)zero;
            float lowest = zero * scale;
            for (int i = 0; i < run.Length; i++)
            {
                // Rounded, then packed from what was rounded: GPTQ's library does both.
                float code = Math.Clamp(MathF.Round(run[i] / scale) + zero, 0, levels);
                float rounded = scale * (code - zero);
                rounded += lowest;
                code = Math.Clamp(MathF.Round(rounded / scale), 0, levels);
                codes[(group * _group) + i] = (byte)code;
                float difference = run[i] - (stored * (code - zero));
                error += (double)difference * difference;
            }
        }

        return error;
    }

    private void Place(ReadOnlySpan<byte> codes, Span<byte> packed, int output, uint[] words)
    {
        if (_form.IsAwq)
        {
            int stride = _outputs / PerWord;
            for (int input = 0; input < codes.Length; input++)
            {
                words[(input * stride) + (output / PerWord)] |= (uint)codes[input] << (4 * _evenFirst[output % PerWord]);
            }

            return;
        }

        BitString.Pack(codes, _form.Bits, packed);
        ReadOnlySpan<uint> column = MemoryMarshal.Cast<byte, uint>(packed);
        for (int word = 0; word < column.Length; word++)
        {
            words[(word * _outputs) + output] = column[word];
        }
    }

    private void Write(Held held, ICheckpointWriter writer)
    {
        int bad = Array.FindIndex(held.Scales, scale => !float.IsFinite(scale));
        if (bad >= 0)
        {
            throw new CheckpointException(new Problem(ErrorCodes.NonFinite,
                $"tensor '{_scales.Name}': element {bad} is too large for type {_scales.DType}",
                "Write another packing, or `packing: none`."));
        }

        writer.Write(_codes, 0, MemoryMarshal.AsBytes<uint>(held.Codes));
        byte[] scales = new byte[_scales.LengthBytes];
        DTypeConversion.FromSingle(_scales.DType, held.Scales, scales);
        writer.Write(_scales, 0, scales);
        writer.Write(_zeros, 0, PackedZeros(held.Zeros));
        if (_index is not null)
        {
            writer.Write(_index, 0, MemoryMarshal.AsBytes<int>([.. Enumerable.Range(0, _inputs).Select(input => input / _group)]));
        }
    }

    // In the first version one less is stored: of 3 bits each by itself, else of the whole word.
    private ReadOnlySpan<byte> PackedZeros(byte[] zeros)
    {
        byte[] packed = new byte[_zeros.LengthBytes];
        int bits = _form.Bits;
        int rowBytes = packed.Length / Groups;
        bool isWord = 32 % bits == 0;
        byte[] row = new byte[_outputs];
        for (int group = 0; group < Groups; group++)
        {
            for (int output = 0; output < row.Length; output++)
            {
                byte zero = zeros[(group * _outputs) + output];
                int place = _form.IsAwq ? (output / PerWord * PerWord) + _evenFirst[output % PerWord] : output;
                row[place] = (byte)(isWord ? zero : (zero - _form.Added) & ((1 << bits) - 1));
            }

            BitString.Pack(row, bits, packed.AsSpan(group * rowBytes, rowBytes));
        }

        if (isWord && _form.Added != 0)
        {
            uint one = uint.MaxValue / ((1u << bits) - 1);
            Span<uint> words = MemoryMarshal.Cast<byte, uint>(packed.AsSpan());
            TensorPrimitives.Subtract<uint>(words, one, words);
        }

        return packed;
    }

    private sealed class Held(int words, int scales)
    {
        public uint[] Codes { get; } = new uint[words];

        public float[] Scales { get; } = new float[scales];

        public byte[] Zeros { get; } = new byte[scales];
    }
}
