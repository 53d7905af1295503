using System.Collections.Concurrent;
using MergeHost.Checkpoints;

namespace MergeHost.Plugins.Packings.Writing;

/// <summary>MXFP4 as gpt-oss has it: blocks of 32 inputs of experts that are stored on their side.</summary>
internal sealed record BlockForm() : WeightForm("mxfp4")
{
    public override string Settings => "blocks of 32 inputs of experts";

    public override bool Fits(TensorShape shape) => shape.Rank == 3 && shape.ElementCount > 0 && shape[1] % BlockPacker.Group == 0;

    public override WeightPacker Packer(TensorInfo plain, DType scaleType) => new BlockPacker(plain);
}

/// <summary>Packs experts; each is held until all of it is there.</summary>
internal sealed class BlockPacker : WeightPacker
{
    /// <summary>Inputs of a block.</summary>
    public const int Group = 32;

    private readonly int _inputs;
    private readonly int _outputs;
    private readonly TensorInfo _blocks;
    private readonly TensorInfo _scales;
    private readonly GroupRule _rule;
    private readonly ConcurrentDictionary<long, Held> _held = [];

    /// <param name="plain">The experts, [experts, inputs, outputs].</param>
    public BlockPacker(TensorInfo plain)
        : base(plain, Group * plain.Shape[2])
    {
        _rule = new PowerRule(plain.DType, roundsUp: true);
        (_inputs, _outputs) = (checked((int)plain.Shape[1]), checked((int)plain.Shape[2]));
        _blocks = new(plain.Name + "_blocks", DType.U8, [plain.Shape[0], _outputs, Groups, Group / 2]);
        _scales = new(plain.Name + "_scales", DType.U8, [plain.Shape[0], _outputs, Groups]);
    }

    public override IReadOnlyList<TensorInfo> Parts => [_blocks, _scales];

    private int Groups => _inputs / Group;

    public override double Pack(long first, Span<float> weights, float greatest, ICheckpointWriter writer)
    {
        double error = 0;
        int bandLength = Group * _outputs;
        for (int done = 0; done < weights.Length; done += bandLength)
        {
            (long expert, long row) = Math.DivRem((first + done) / _outputs, _inputs);
            Held held = _held.GetOrAdd(expert, _ => new Held(new byte[_outputs * Groups * Group / 2], new byte[_outputs * Groups]));
            error += Encode(weights.Slice(done, bandLength), (int)(row / Group), held);
            if (held.Done() == Groups)
            {
                writer.Write(_blocks, expert * held.Blocks.Length, held.Blocks);
                writer.Write(_scales, expert * held.Scales.Length, held.Scales);
                _held.TryRemove(expert, out _);
            }
        }

        return error;
    }

    private double Encode(ReadOnlySpan<float> weights, int group, Held held)
    {
        double error = 0;
        float[] table = _rule.Table;
        Span<float> block = stackalloc float[Group];
        Span<byte> codes = stackalloc byte[Group];
        for (int output = 0; output < _outputs; output++)
        {
            float greatest = 0;
            for (int input = 0; input < Group; input++)
            {
                block[input] = weights[(input * _outputs) + output];
                greatest = MathF.Max(greatest, MathF.Abs(block[input]));
            }

            GroupScale scale = _rule.Scale(greatest, 0);
            _rule.Encode(block, scale, codes);
            int at = (output * Groups) + group;
            held.Scales[at] = SmallFloats.ToExponent(scale.Stored);
            BitString.Pack(codes, 4, held.Blocks.AsSpan(at * Group / 2, Group / 2));
            for (int input = 0; input < Group; input++)
            {
                float difference = weights[(input * _outputs) + output] - (table[codes[input]] * scale.Step);
                error += difference * difference;
            }
        }

        return error;
    }

    private sealed class Held(byte[] blocks, byte[] scales)
    {
        private int _done;

        public byte[] Blocks => blocks;

        public byte[] Scales => scales;

        public int Done() => Interlocked.Increment(ref _done);
    }
}
