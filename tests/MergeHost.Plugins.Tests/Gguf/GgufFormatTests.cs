using MergeHost.Checkpoints;
using MergeHost.Plugins.Gguf;
using MergeHost.Testing;

namespace MergeHost.Plugins.Tests.Gguf;

public sealed class GgufFormatTests : CheckpointWriterContract<GgufFormat>
{
    protected override IReadOnlyList<TensorInfo> Tensors { get; } =
    [
        .. new[] { DType.F64, DType.F32, DType.F16, DType.BF16, DType.I8, DType.I16, DType.I32, DType.I64, Q8_0, Q4_K }.Select(type =>
            new TensorInfo($"blk.0.{type.Name}.weight", type, [3, 5, 2 * type.BlockElements])),
        new("scalar", DType.F32, []),
        new("empty", DType.BF16, [0, 4]),
        new("long", DType.BF16, [101, 1009]),
        new("слой.0.重み.ω", DType.F16, [3]),
        new("layers.🙂.weight", DType.F64, [1, 1]),
    ];

    protected override IReadOnlyList<CompanionFile> Companions { get; } =
    [
        CompanionFile.FromBytes("metadata.gguf-kv",
            new GgufBytes { DataBytes = 0, Alignment = 1 }.Key("general.architecture", "tiny").Key("tiny.width", 4, GgufBytes.U32(7))
                .Key("general.file_type", 4, GgufBytes.U32(32)).Key("general.quantization_version", 4, GgufBytes.U32(2)).ToArray()),
        CompanionFile.FromBytes("tokenizer.gguf-kv",
            new GgufBytes { DataBytes = 0, Alignment = 1 }.Key("tokenizer.ggml.model", "llama").ToArray()),
    ];

    private static DType Q8_0 => new("Q8_0", DTypeKind.Quantized, 34, 32);

    private static DType Q4_K => new("Q4_K", DTypeKind.Quantized, 144, 256);
}
