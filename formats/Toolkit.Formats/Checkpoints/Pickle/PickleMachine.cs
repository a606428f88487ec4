using Toolkit.Formats.Checkpoints.Scanning;

namespace Toolkit.Formats.Checkpoints.Pickle;

/// <summary>
/// Interprets a pickle's opcodes without resolving a name or making a call. A call becomes data where
/// <see cref="PickleCalls"/> knows what data it would build, and an opaque <see cref="PickleObject"/> everywhere else.
/// </summary>
/// <remarks>Source of the opcodes: CPython's pickletools, protocols 0 to 5.</remarks>
internal sealed partial class PickleMachine(
    PickleInput input, PickleCalls calls, Func<object?, object?> persistent, ScanLog scan, CheckpointLimits limits)
{
    // Python's own names stay far below; without a limit, pairs of long names multiply.
    private const int MaxGlobalLength = 1_024;
    private readonly List<object?> _stack = [];
    private readonly List<int> _marks = [];
    private readonly Dictionary<long, object?> _memo = [];
    private long _copied;

    /// <summary>What the file is known to hold beside data.</summary>
    public ScanLog Scan => scan;

    /// <summary>The limits that this machine keeps to.</summary>
    public CheckpointLimits Limits => limits;

    /// <summary>What messages call this part of the file.</summary>
    public string Where => input.Where;

    /// <summary>The next byte of that part.</summary>
    public long Position => input.Position;

    /// <summary>Opcodes so far.</summary>
    public long Opcodes { get; private set; }

    /// <summary>Runs to STOP; the input then stands behind it.</summary>
    public object? Run()
    {
        while (true)
        {
            var at = input.Position;
            if (++Opcodes > limits.MaxPickleOpcodes)
            {
                throw Bad($"more than {limits.MaxPickleOpcodes} opcodes");
            }

            var opcode = input.ReadByte();
            if (opcode == '.')
            {
                return Pop();
            }

            Step(opcode, at);
        }
    }

    /// <summary>
    /// Counts values that a call copies, so that a short file cannot make copies of copies without end.
    /// </summary>
    public void Charge(long count)
    {
        _copied += count;
        if (_copied > limits.MaxVisitedValues)
        {
            throw Bad($"more than {limits.MaxVisitedValues} values are copied");
        }
    }

    public BadInputException Bad(string what) =>
        new($"{input.Where}: {what} (at byte {input.Position}): the pickle is damaged or not for this reader.");

    private PickleGlobal Global(string module, string name, long at)
    {
        if (module.Length + name.Length > MaxGlobalLength || scan.Count >= limits.MaxScanFindings)
        {
            throw Bad(
                $"a name of code of {module.Length + name.Length} characters, or the one after "
                    + $"{limits.MaxScanFindings} different ones");
        }

        var (verdict, reason) = GlobalPolicy.Judge(module, name);
        scan.Add($"{module}.{name}", input.Where, at, verdict, reason);
        return new PickleGlobal(module, name);
    }

    private object? Call(object? callable, object? arguments)
    {
        if (callable is PickleGlobal global)
        {
            scan.Called(global.FullName, input.Where);
            return calls.Call(global, arguments as PickleTuple ?? new PickleTuple(arguments), this);
        }

        // The result of a call that is called again: whatever it is, it is code that the file puts together.
        scan.Add(
            "(computed call)",
            input.Where,
            input.Position,
            ScanVerdict.Dangerous,
            "The file calls the result of another call.");
        return new PickleObject(callable, arguments);
    }

    private void Append(object? target, object?[] items)
    {
        switch (target)
        {
            case PickleList list:
                list.Items.AddRange(items);
                break;
            case PickleObject opaque:
                foreach (var item in items)
                {
                    opaque.Items.Set((long)opaque.Items.Items.Count, item);
                }

                break;
            default:
                throw Bad("items are appended to something that is no list");
        }
    }

    private void SetItems(object? target, object?[] pairs)
    {
        var dictionary = target switch
        {
            PickleDictionary plain => plain,
            PickleObject opaque => opaque.Items,
            _ => throw Bad("items are set in something that is no dictionary"),
        };
        if (pairs.Length % 2 != 0)
        {
            throw Bad("a key without its value");
        }

        for (var i = 0; i < pairs.Length; i += 2)
        {
            dictionary.Set(pairs[i], pairs[i + 1]);
        }
    }

    private void Push(object? value) => _stack.Add(value);

    private object? Top() => _stack.Count > Floor ? _stack[^1] : throw Bad("the stack is empty");

    private object? Pop()
    {
        var value = Top();
        _stack.RemoveAt(_stack.Count - 1);
        return value;
    }

    private int Floor => _marks.Count == 0 ? 0 : _marks[^1];

    private object?[] PopToMark()
    {
        if (_marks.Count == 0)
        {
            throw Bad("a mark is missing on the stack");
        }

        var mark = _marks[^1];
        _marks.RemoveAt(_marks.Count - 1);
        var items = _stack.GetRange(mark, _stack.Count - mark).ToArray();
        _stack.RemoveRange(mark, _stack.Count - mark);
        return items;
    }

    private void Memoize(long key)
    {
        if (key < 0)
        {
            throw Bad("a memo key that is no number");
        }

        _memo[key] = Top();
        if (_memo.Count > limits.MaxPickleMemo)
        {
            throw Bad($"more than {limits.MaxPickleMemo} memo entries");
        }
    }

    private void Recall(long key) =>
        Push(_memo.TryGetValue(key, out var value) ? value : throw Bad($"memo entry {key} is used before it is set"));
}
