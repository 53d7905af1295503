using System.Numerics;
using MergeHost.Plugins.PyTorch.Pickles;
using static System.FormattableString;
using static MergeHost.Plugins.PyTorch.Pickles.PickleText;

namespace MergeHost.Plugins.PyTorch.Tensors;

/// <summary>The names that weights need, and nothing else.</summary>
/// <param name="isOlder">Whether the file is of the format before PyTorch 1.6, where ids of storages have one part more.</param>
internal class TorchDialect(bool isOlder = false) : PickleDialect
{
    private static readonly HashSet<(string Module, string Name)> _functions =
    [
        ("collections", "OrderedDict"),
        ("torch._utils", "_rebuild_tensor"),
        ("torch._utils", "_rebuild_tensor_v2"),
        ("torch._utils", "_rebuild_tensor_v3"),
        ("torch._utils", "_rebuild_parameter"),
        ("torch._utils", "_rebuild_parameter_with_state"),
        ("torch._tensor", "_rebuild_from_type_v2"),
        ("torch.tensor", "_rebuild_from_type_v2"),
        ("torch", "Size"),
        ("torch", "device"),
        ("_codecs", "encode"),
        ("builtins", "set"),
        ("__builtin__", "set"),
        ("builtins", "bytearray"),
        ("__builtin__", "bytearray"),
        ("builtins", "complex"),
        ("__builtin__", "complex"),
    ];

    private static readonly HashSet<(string Module, string Name)> _tensorTypes = [("torch", "Tensor"), ("torch.nn.parameter", "Parameter")];

    private static readonly HashSet<(string Module, string Name)> _untyped =
        [("torch.storage", "UntypedStorage"), ("torch", "UntypedStorage")];

    // What training programs keep beside the weights most often: settings, paths, times, scores. They become objects of no use.
    private static readonly HashSet<(string Module, string Name)> _inert =
    [
        ("argparse", "Namespace"),
        ("collections", "Counter"),
        ("datetime", "date"),
        ("datetime", "datetime"),
        ("datetime", "timedelta"),
        ("numpy", "dtype"),
        ("numpy", "ndarray"),
        ("numpy._core.multiarray", "_reconstruct"),
        ("numpy._core.multiarray", "scalar"),
        ("numpy.core.multiarray", "_reconstruct"),
        ("numpy.core.multiarray", "scalar"),
        ("pathlib", "PosixPath"),
        ("pathlib", "PurePosixPath"),
        ("pathlib", "WindowsPath"),
        ("pathlib._local", "PosixPath"),
        ("pathlib._local", "WindowsPath"),
    ];

    private readonly Dictionary<string, TorchStorage> _storages = new(StringComparer.Ordinal);

    /// <summary>The storages that were referred to, by their keys.</summary>
    public IReadOnlyDictionary<string, TorchStorage> Storages => _storages;

    /// <inheritdoc/>
    public override PickleGlobal Global(string module, string name)
    {
        (string Module, string Name) key = (module, name);
        bool isKnown = _functions.Contains(key) || _inert.Contains(key) || _tensorTypes.Contains(key) || _untyped.Contains(key)
            || (module == "torch" && (TorchTypes.Storages.ContainsKey(name) || TorchTypes.Elements.ContainsKey(name)));
        if (isKnown)
        {
            return new PickleGlobal(module, name);
        }

        PickleGlobal other = new(module, name);
        throw TorchTypes.Unsupported(module, name) is { } kind
            ? PickleFault.Unsupported($"{kind} cannot be read ({Quote(other)})")
            : PickleFault.Refused($"{Quote(other)} is not among the names that weights need");
    }

    /// <inheritdoc/>
    public override object? Create(PickleGlobal type, PickleTuple arguments) =>
        IsInert(type) || type.Name is "OrderedDict" or "Size" ? Call(type, arguments) : base.Create(type, arguments);

    /// <inheritdoc/>
    public override void Build(object? target, object? state)
    {
        if (target is not InertObject)
        {
            base.Build(target, state);
        }
    }

    /// <inheritdoc/>
    public override object? Call(PickleGlobal function, PickleTuple arguments)
    {
        object?[] items = arguments.Items;
        return (function.Name, items.Length) switch
        {
            ("_rebuild_tensor", 4) => Tensor(items, null, null),
            ("_rebuild_tensor_v2", 6 or 7) => Tensor(items, null, items.ElementAtOrDefault(6)),
            ("_rebuild_tensor_v3", 7 or 8) => Tensor(items, ElementType(items[6]), items.ElementAtOrDefault(7)),
            ("_rebuild_parameter", 3) or ("_rebuild_parameter_with_state", 4) when items[0] is TorchTensor => Parameter(items),
            ("_rebuild_from_type_v2", 4) => FromType(items),
            ("OrderedDict", 0) => new PickleMap(),
            ("OrderedDict", 1) when items[0] is PickleList pairs => OrderedMap(pairs),
            ("Size", 1) when items[0] is PickleTuple sizes => Sizes(sizes),
            ("device", 1 or 2) when items[0] is string => new PlainValue("a device"),
            ("encode", 2) when items is [string, "latin1"] => new PlainValue("bytes"),
            ("set", 0) => new PlainValue("a set"),
            ("set", 1) when items[0] is PickleList => new PlainValue("a set"),
            ("bytearray", 0) => new PlainValue("a bytearray"),
            ("bytearray", 1) when items[0] is PlainValue { Kind: "bytes" } => new PlainValue("a bytearray"),
            ("complex", 2) when items is [double, double] => new PlainValue("a complex number"),
            _ when IsInert(function) => new InertObject(function),
            _ => throw PickleFault.Refused(
                $"a call of {Quote(function)} with other arguments than PyTorch's ({items.Length}: {Kinds(items)})"),
        };
    }

    /// <inheritdoc/>
    public override object Persistent(object? id)
    {
        if (id is not PickleTuple { Items: var parts } || parts.Length != (isOlder ? 6 : 5) || parts[0] is not "storage")
        {
            throw PickleFault.Refused("a persistent id that names no storage");
        }

        if (parts is not [_, PickleGlobal type, string key, string, long or BigInteger, ..])
        {
            throw PickleFault.Refused($"the id of a storage has other parts than PyTorch's ({Kinds(parts)})");
        }

        TorchStorage storage = new(CheckKey(key), StorageType(type), CheckCount(parts[4]));
        if (_storages.TryGetValue(key, out TorchStorage? known) && known != storage)
        {
            throw PickleFault.BadTensor($"storage {Quote(key)} is described in two ways");
        }

        _storages[key] = storage;
        return isOlder && parts[5] is not null ? View(storage, parts[5]) : storage;
    }

    /// <summary>The type that a name stands for, such as <c>torch.bfloat16</c>.</summary>
    protected static DType ElementType(object? value) =>
        value is PickleGlobal { Module: "torch" } name && TorchTypes.Elements.TryGetValue(name.Name, out DType? type)
            ? type
            : throw PickleFault.Refused($"an element type is {Kind(value)}");

    private static string Kinds(object?[] items) => string.Join(", ", items.Take(8).Select(Kind));

    private static bool IsInert(PickleGlobal name) => _inert.Contains((name.Module, name.Name));

    private static TorchTensor Tensor(object?[] items, DType? type, object? metadata)
    {
        if (items[0] is not TorchStorage storage)
        {
            throw PickleFault.Refused($"a tensor's storage is {Kind(items[0])}");
        }

        if (items.Length > 4)
        {
            CheckGradient(items[4], items[5]);
        }

        type ??= storage.Type ?? throw PickleFault.Refused("a tensor of no type");
        return TorchTensor.Make(storage, type, items[1], items[2], items[3], IsNegated(metadata));
    }

    private static bool IsNegated(object? metadata)
    {
        if (metadata is null)
        {
            return false;
        }

        if (metadata is not PickleMap map || !map.Entries.All(entry => entry is { Key: "conj" or "neg", Value: bool }))
        {
            throw PickleFault.Refused("the metadata of a tensor is not PyTorch's");
        }

        return map["conj"] is true
            ? throw PickleFault.Unsupported("complex numbers cannot be read (a conjugated tensor)")
            : map["neg"] is true;
    }

    private static TorchTensor Parameter(object?[] items)
    {
        CheckGradient(items[1], items[2]);
        return (TorchTensor)items[0]!;
    }

    // Whether a gradient is wanted and hooks, which torch writes as an empty dict, mean nothing here.
    private static void CheckGradient(object? isWanted, object? hooks)
    {
        if (isWanted is not bool || hooks is not (null or PickleMap { Entries.Count: 0 }))
        {
            throw PickleFault.Refused("the hooks of a tensor are not an empty dict");
        }
    }

    private object? FromType(object?[] items) =>
        items[0] is PickleGlobal function && items[1] is PickleGlobal type && items[2] is PickleTuple arguments
        && function.Module == "torch._utils" && _tensorTypes.Contains((type.Module, type.Name))
            ? Call(function, arguments)
            : throw PickleFault.Refused($"a tensor of {Kind(items[1])} made by {Kind(items[0])}");

    private PickleMap OrderedMap(PickleList pairs)
    {
        PickleMap map = new();
        foreach (object? pair in pairs.Items)
        {
            IReadOnlyList<object?> items = pair switch
            {
                PickleTuple tuple => tuple.Items,
                PickleList list => list.Items,
                _ => [],
            };
            if (items.Count != 2)
            {
                throw PickleFault.Refused("an OrderedDict is made of what are not pairs");
            }

            map.Add(Key(items[0]), items[1]);
        }

        return map;
    }

    private static PickleTuple Sizes(PickleTuple sizes)
    {
        TorchTensor.Extents(sizes, "size");
        return sizes;
    }

    private static DType? StorageType(PickleGlobal type) =>
        _untyped.Contains((type.Module, type.Name)) ? null
        : type.Module == "torch" && TorchTypes.Storages.TryGetValue(type.Name, out DType? known) ? known
        : throw PickleFault.Refused($"{Quote(type)} is not the type of a storage");

    // A key is the name of an entry, and never more than that.
    private static string CheckKey(string key) =>
        key.Length is > 0 and <= 255 && key.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '.') && key.Any(c => c != '.')
            ? key
            : throw PickleFault.BadTensor($"{Quote(key)} is not the key of a storage");

    private static long CheckCount(object? count) =>
        count is long number and >= 0 and <= long.MaxValue / 16
            ? number
            : throw PickleFault.BadTensor(Invariant($"a storage of {count} elements"));

    private static TorchStorage View(TorchStorage storage, object? view)
    {
        if (view is not PickleTuple { Items: [string, long first, long count] })
        {
            throw PickleFault.Refused("the view of a storage is not PyTorch's");
        }

        return first >= 0 && count >= 0 && first <= storage.ElementCount - count
            ? storage with { ElementCount = count, FirstElement = first }
            : throw PickleFault.BadTensor(Invariant(
                $"a view of {count:N0} elements from {first:N0} on leaves its storage, which has {storage.ElementCount:N0}"));
    }
}
