namespace MergeHost.Plugins.PyTorch.Tensors;

/// <summary>PyTorch's names of element types.</summary>
internal static class TorchTypes
{
    /// <summary>The types of storages, in module <c>torch</c>.</summary>
    public static readonly IReadOnlyDictionary<string, DType> Storages = new Dictionary<string, DType>(StringComparer.Ordinal)
    {
        ["DoubleStorage"] = DType.F64,
        ["FloatStorage"] = DType.F32,
        ["HalfStorage"] = DType.F16,
        ["BFloat16Storage"] = DType.BF16,
        ["LongStorage"] = DType.I64,
        ["IntStorage"] = DType.I32,
        ["ShortStorage"] = DType.I16,
        ["CharStorage"] = DType.I8,
        ["ByteStorage"] = DType.U8,
        ["BoolStorage"] = DType.BOOL,
    };

    /// <summary>The types of tensors, in module <c>torch</c>.</summary>
    public static readonly IReadOnlyDictionary<string, DType> Elements = new Dictionary<string, DType>(StringComparer.Ordinal)
    {
        ["float64"] = DType.F64,
        ["float32"] = DType.F32,
        ["float16"] = DType.F16,
        ["bfloat16"] = DType.BF16,
        ["int64"] = DType.I64,
        ["int32"] = DType.I32,
        ["int16"] = DType.I16,
        ["int8"] = DType.I8,
        ["uint8"] = DType.U8,
        ["uint16"] = DType.U16,
        ["uint32"] = DType.U32,
        ["uint64"] = DType.U64,
        ["bool"] = DType.BOOL,
        ["float8_e4m3fn"] = DType.F8_E4M3,
        ["float8_e5m2"] = DType.F8_E5M2,
        ["float8_e4m3fnuz"] = DType.F8_E4M3FNUZ,
        ["float8_e5m2fnuz"] = DType.F8_E5M2FNUZ,
        ["float8_e8m0fnu"] = DType.F8_E8M0,
    };

    private const string Complex = "complex numbers";
    private const string Quantized = "PyTorch's own quantized tensors";
    private const string Sparse = "sparse tensors";

    private static readonly Dictionary<(string Module, string Name), string> _unsupported = new()
    {
        [("torch", "ComplexFloatStorage")] = Complex,
        [("torch", "ComplexDoubleStorage")] = Complex,
        [("torch", "complex32")] = Complex,
        [("torch", "complex64")] = Complex,
        [("torch", "complex128")] = Complex,
        [("torch", "QInt8Storage")] = Quantized,
        [("torch", "QUInt8Storage")] = Quantized,
        [("torch", "QInt32Storage")] = Quantized,
        [("torch", "QUInt4x2Storage")] = Quantized,
        [("torch", "QUInt2x4Storage")] = Quantized,
        [("torch", "qint8")] = Quantized,
        [("torch", "quint8")] = Quantized,
        [("torch", "qint32")] = Quantized,
        [("torch", "quint4x2")] = Quantized,
        [("torch", "quint2x4")] = Quantized,
        [("torch", "float4_e2m1fn_x2")] = "numbers of four bits",
        [("torch._utils", "_rebuild_qtensor")] = Quantized,
        [("torch._utils", "_rebuild_sparse_tensor")] = Sparse,
        [("torch._utils", "_rebuild_sparse_csr_tensor")] = Sparse,
        [("torch.serialization", "_get_layout")] = Sparse,
        [("torch._utils", "_rebuild_nested_tensor")] = "nested tensors",
        [("torch._utils", "_rebuild_meta_tensor_no_storage")] = "tensors without data, of the device 'meta'",
        [("torch._utils", "_rebuild_wrapper_subclass")] = "tensors of a class of their own",
        [("torch.distributed._shard.sharded_tensor.api", "ShardedTensor")] = "pieces of tensors, as FSDP's LOCAL_STATE_DICT has them,",
        [("torch.distributed.tensor", "DTensor")] = "pieces of tensors",
    };

    /// <summary>What a name stands for that is known, and cannot be read.</summary>
    public static string? Unsupported(string module, string name) => _unsupported.GetValueOrDefault((module, name));
}
