using System.Globalization;
using System.Numerics;
using static MergeHost.Plugins.PyTorch.Pickles.PickleText;

namespace MergeHost.Plugins.PyTorch.Pickles;

/// <summary>Makes plain values of a pickle. Opcodes and names outside of the lists are refused; nothing is executed.</summary>
internal sealed class PickleMachine
{
    private const int MostProtocol = 5;
    private const int MostMarks = 200;

    // A file of a hundred thousand tensors has some three million.
    private const int MostValues = 8_000_000;

    private static readonly object[] _smallNumbers = [.. Enumerable.Range(0, 256).Select(number => (object)(long)number)];
    private static readonly object _true = true;
    private static readonly object _false = false;

    private readonly PickleCursor _input;
    private readonly PickleDialect _dialect;
    private readonly List<object?> _stack = [];
    private readonly List<int> _marks = [];
    private readonly Dictionary<uint, object?> _memo = [];
    private long _place;
    private int _values;

    private PickleMachine(PickleCursor input, PickleDialect dialect)
    {
        _input = input;
        _dialect = dialect;
    }

    /// <summary>Reads one pickle; the cursor then is behind its end.</summary>
    /// <param name="input">The bytes.</param>
    /// <param name="dialect">What names mean.</param>
    /// <param name="label">The file and its part, for messages.</param>
    /// <exception cref="Checkpoints.CheckpointException">The pickle is broken, or is refused.</exception>
    public static object? Run(PickleCursor input, PickleDialect dialect, string label)
    {
        PickleMachine machine = new(input, dialect);
        try
        {
            return machine.Run();
        }
        catch (PickleFault fault)
        {
            throw fault.At(label, machine._place);
        }
    }

    private object? Run()
    {
        while (true)
        {
            _place = _input.Position;
            byte opcode = _input.Byte();
            if (opcode == Opcode.Stop)
            {
                object? result = Pop();
                bool isEmpty = _stack.Count == 0 && _marks.Count == 0;
                return isEmpty ? result : throw PickleFault.Broken("values are left on the stack at the end");
            }

            Step(opcode);
        }
    }

    private void Step(byte opcode)
    {
        switch (opcode)
        {
            case Opcode.Protocol:
                CheckProtocol(_input.Byte());
                break;
            case Opcode.Frame:
                _input.CheckLeft(_input.UInt64());
                break;
            case Opcode.Mark:
                PushMark();
                break;
            case Opcode.None:
                Push(null);
                break;
            case Opcode.True:
                Push(_true);
                break;
            case Opcode.False:
                Push(_false);
                break;
            case Opcode.BinInt1:
                Push(_smallNumbers[_input.Byte()]);
                break;
            case Opcode.BinInt2:
                Push((long)_input.UInt16());
                break;
            case Opcode.BinInt:
                Push((long)_input.Int32());
                break;
            case Opcode.Int:
                Push(Number(_input.Line()));
                break;
            case Opcode.Long1:
                PushNumber(_input.Bytes(_input.Byte()));
                break;
            case Opcode.BinFloat:
                Push(_input.Double());
                break;
            case Opcode.BinUnicode:
                Push(_input.Text(_input.UInt32()));
                break;
            case Opcode.ShortBinUnicode:
                Push(_input.Text(_input.Byte()));
                break;
            case Opcode.BinUnicode8:
                Push(_input.Text(_input.UInt64()));
                break;
            case Opcode.BinString:
                Push(_input.TextOrBytes(_input.Int32()));
                break;
            case Opcode.ShortBinString:
                Push(_input.TextOrBytes(_input.Byte()));
                break;
            case Opcode.BinBytes:
                PushBytes("bytes", _input.UInt32());
                break;
            case Opcode.ShortBinBytes:
                PushBytes("bytes", _input.Byte());
                break;
            case Opcode.BinBytes8:
                PushBytes("bytes", _input.UInt64());
                break;
            case Opcode.ByteArray8:
                PushBytes("a bytearray", _input.UInt64());
                break;
            default:
                StepOverValues(opcode);
                break;
        }
    }

    private void StepOverValues(byte opcode)
    {
        switch (opcode)
        {
            case Opcode.EmptyTuple:
                Push(new PickleTuple([]));
                break;
            case Opcode.Tuple1:
                Push(new PickleTuple([Pop()]));
                break;
            case Opcode.Tuple2:
                (object? second, object? first) = (Pop(), Pop());
                Push(new PickleTuple([first, second]));
                break;
            case Opcode.Tuple3:
                (object? c, object? b, object? a) = (Pop(), Pop(), Pop());
                Push(new PickleTuple([a, b, c]));
                break;
            case Opcode.Tuple:
                Push(new PickleTuple(PopToMark()));
                break;
            case Opcode.EmptyList:
                Push(new PickleList());
                break;
            case Opcode.Append:
                Append([Pop()]);
                break;
            case Opcode.Appends:
                Append(PopToMark());
                break;
            case Opcode.EmptySet:
                Push(new PlainValue("a set"));
                break;
            case Opcode.AddItems:
                AddItems();
                break;
            case Opcode.EmptyDict:
                Push(new PickleMap());
                break;
            case Opcode.SetItem:
                (object? value, object? key) = (Pop(), Pop());
                SetItems([key, value]);
                break;
            case Opcode.SetItems:
                SetItems(PopToMark());
                break;
            case Opcode.BinPut:
                _memo[_input.Byte()] = Top();
                break;
            case Opcode.LongBinPut:
                _memo[_input.UInt32()] = Top();
                break;
            case Opcode.Memoize:
                _memo[(uint)_memo.Count] = Top();
                break;
            case Opcode.BinGet:
                Push(Remembered(_input.Byte()));
                break;
            case Opcode.LongBinGet:
                Push(Remembered(_input.UInt32()));
                break;
            default:
                StepOverNames(opcode);
                break;
        }
    }

    private void StepOverNames(byte opcode)
    {
        switch (opcode)
        {
            case Opcode.Global:
                (string module, string name) = (_input.Line(), _input.Line());
                Push(_dialect.Global(module, name));
                break;
            case Opcode.StackGlobal:
                (object? last, object? first) = (Pop(), Pop());
                Push(first is string space && last is string text
                    ? _dialect.Global(space, text)
                    : throw PickleFault.Broken("a name is not a text"));
                break;
            case Opcode.Reduce:
                Push(Apply(_dialect.Call));
                break;
            case Opcode.NewObject:
                Push(Apply(_dialect.Create));
                break;
            case Opcode.Build:
                object? state = Pop();
                _dialect.Build(Top(), state);
                break;
            case Opcode.BinPersistent:
                Push(_dialect.Persistent(Pop()));
                break;
            default:
                throw PickleFault.Refused($"opcode {Opcode.Describe(opcode)} is not among those that weights need");
        }
    }

    private static void CheckProtocol(byte protocol)
    {
        if (protocol > MostProtocol)
        {
            throw PickleFault.Broken($"protocol {protocol}; expected at most {MostProtocol}");
        }
    }

    private static object Number(string line) => line switch
    {
        "00" => _false,
        "01" => _true,
        _ => long.TryParse(line, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number)
            ? number
            : throw PickleFault.Broken($"{Quote(line)} is not a number"),
    };

    private void PushNumber(byte[] bytes)
    {
        BigInteger number = new(bytes);
        if (number >= long.MinValue && number <= long.MaxValue)
        {
            Push((long)number);
        }
        else
        {
            Push(number);
        }
    }

    private object? Apply(Func<PickleGlobal, PickleTuple, object?> make)
    {
        (object? arguments, object? function) = (Pop(), Pop());
        return function is PickleGlobal name && arguments is PickleTuple tuple
            ? make(name, tuple)
            : throw PickleFault.Refused($"a call of {Kind(function)} with {Kind(arguments)}");
    }

    private void Append(object?[] items)
    {
        if (Top() is not PickleList list)
        {
            throw PickleFault.Refused($"items are appended to {Kind(Top())}");
        }

        foreach (object? item in items)
        {
            list.Add(item);
        }
    }

    private void SetItems(object?[] items)
    {
        if (items.Length % 2 != 0)
        {
            throw PickleFault.Broken("a key without a value");
        }

        if (Top() is not PickleMap map)
        {
            throw PickleFault.Refused($"items are set on {Kind(Top())}");
        }

        for (int i = 0; i < items.Length; i += 2)
        {
            map.Add(_dialect.Key(items[i]), items[i + 1]);
        }
    }

    private void AddItems()
    {
        PopToMark();
        if (Top() is not PlainValue { Kind: "a set" })
        {
            throw PickleFault.Refused($"items are added to {Kind(Top())}");
        }
    }

    private void PushBytes(string kind, ulong lengthBytes)
    {
        _input.Skip(lengthBytes);
        Push(new PlainValue(kind));
    }

    private void Push(object? value)
    {
        if (++_values > MostValues)
        {
            throw PickleFault.Limit($"more than {MostValues:N0} values");
        }

        _stack.Add(value);
    }

    private void PushMark()
    {
        if (_marks.Count == MostMarks)
        {
            throw PickleFault.Limit($"more than {MostMarks} marks");
        }

        _marks.Add(_stack.Count);
    }

    private object? Top() =>
        _stack.Count > (_marks.Count == 0 ? 0 : _marks[^1]) ? _stack[^1] : throw PickleFault.Broken("nothing is on the stack");

    private object? Pop()
    {
        object? value = Top();
        _stack.RemoveAt(_stack.Count - 1);
        return value;
    }

    private object?[] PopToMark()
    {
        if (_marks.Count == 0)
        {
            throw PickleFault.Broken("there is no mark");
        }

        int mark = _marks[^1];
        _marks.RemoveAt(_marks.Count - 1);
        object?[] items = [.. _stack.GetRange(mark, _stack.Count - mark)];
        _stack.RemoveRange(mark, items.Length);
        return items;
    }

    private object? Remembered(uint number) =>
        _memo.TryGetValue(number, out object? value) ? value : throw PickleFault.Broken($"memo {number} was never set");
}
