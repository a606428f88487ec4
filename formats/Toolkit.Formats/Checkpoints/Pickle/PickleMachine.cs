using System.Globalization;
using System.Numerics;
using Toolkit.Formats.Checkpoints.Scanning;

namespace Toolkit.Formats.Checkpoints.Pickle;

/// <summary>
/// Interprets a pickle's opcodes without resolving a name or making a call. A call becomes data where <see cref="PickleCalls"/>
/// knows what data it would build, and an opaque <see cref="PickleObject"/> everywhere else.
/// </summary>
/// <remarks>Source of the opcodes: CPython's pickletools, protocols 0 to 5.</remarks>
internal sealed class PickleMachine(
    PickleInput input, PickleCalls calls, Func<object?, object?> persistent, ScanLog scan, CheckpointLimits limits)
{
    private readonly List<object?> _stack = [];
    private readonly List<int> _marks = [];
    private readonly Dictionary<long, object?> _memo = [];
    private long _opcodes;
    private long _copied;

    /// <summary>Runs to STOP; the input then stands behind it.</summary>
    public object? Run()
    {
        while (true)
        {
            var at = input.Position;
            if (++_opcodes > limits.MaxPickleOpcodes)
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

    /// <summary>Counts values that a call copies, so that a short file cannot make copies of copies without end.</summary>
    public void Charge(long count)
    {
        _copied += count;
        if (_copied > limits.MaxVisitedValues)
        {
            throw Bad($"more than {limits.MaxVisitedValues} values are copied");
        }
    }

    private void Step(byte opcode, long at)
    {
        switch (opcode)
        {
            case 0x80: // PROTO
                var version = input.ReadByte();
                if (version > 5)
                {
                    throw Bad($"protocol {version}; 0 to 5 are known");
                }

                break;
            case 0x95: // FRAME
                input.CheckLength(input.ReadInt64());
                break;
            case (byte)'(':
                _marks.Add(_stack.Count);
                break;
            case (byte)'0':
                if (_marks.Count > 0 && _marks[^1] == _stack.Count)
                {
                    _marks.RemoveAt(_marks.Count - 1);
                }
                else
                {
                    Pop();
                }

                break;
            case (byte)'1':
                PopToMark();
                break;
            case (byte)'2':
                Push(Top());
                break;

            case (byte)'N':
                Push(null);
                break;
            case 0x88:
                Push(true);
                break;
            case 0x89:
                Push(false);
                break;
            case (byte)'F':
                Push(ParseDouble(input.ReadLine()));
                break;
            case (byte)'G':
                Push(input.ReadDoubleBigEndian());
                break;
            case (byte)'I':
                Push(input.ReadLine() switch { "00" => false, "01" => true, var text => ParseInteger(text) });
                break;
            case (byte)'J':
                Push((long)input.ReadInt32());
                break;
            case (byte)'K':
                Push((long)input.ReadByte());
                break;
            case (byte)'M':
                Push((long)input.ReadUInt16());
                break;
            case (byte)'L':
                Push(ParseInteger(input.ReadLine().TrimEnd('L')));
                break;
            case 0x8a:
                Push(ReadLong(input.ReadByte()));
                break;
            case 0x8b:
                Push(ReadLong(input.ReadInt32()));
                break;

            case (byte)'S':
                var quoted = input.ReadLine();
                Push(quoted.Length >= 2 && (quoted[0] is '\'' or '"') && quoted[^1] == quoted[0]
                    ? Unescape(quoted[1..^1])
                    : throw Bad("a quoted text without its quotes"));
                break;
            case (byte)'T':
                Push(input.ReadLatin1(input.ReadInt32()));
                break;
            case (byte)'U':
                Push(input.ReadLatin1(input.ReadByte()));
                break;
            case (byte)'V':
                Push(Unescape(input.ReadLine()));
                break;
            case (byte)'X':
                Push(input.ReadText((uint)input.ReadInt32()));
                break;
            case 0x8c:
                Push(input.ReadText(input.ReadByte()));
                break;
            case 0x8d:
                Push(input.ReadText(input.ReadInt64()));
                break;
            case (byte)'B':
                Push(input.Skip((uint)input.ReadInt32()));
                break;
            case (byte)'C':
                Push(input.Skip(input.ReadByte()));
                break;
            case 0x8e:
            case 0x96:
                Push(input.Skip(input.ReadInt64()));
                break;
            case 0x97:
                throw Bad("a buffer outside of the pickle (NEXT_BUFFER); only pickles that are whole in themselves are read");
            case 0x98:
                break;

            case (byte)'}':
                Push(new PickleDictionary());
                break;
            case (byte)']':
                Push(new PickleList());
                break;
            case (byte)')':
                Push(new PickleTuple());
                break;
            case 0x8f:
                Push(new PickleList(isSet: true));
                break;
            case 0x91:
            case (byte)'l':
                var list = new PickleList(isSet: opcode == 0x91);
                list.Items.AddRange(PopToMark());
                Push(list);
                break;
            case (byte)'d':
                var dictionary = new PickleDictionary();
                SetItems(dictionary, PopToMark());
                Push(dictionary);
                break;
            case (byte)'t':
                Push(new PickleTuple(PopToMark()));
                break;
            case 0x85:
                Push(new PickleTuple(Pop()));
                break;
            case 0x86:
                var second = Pop();
                Push(new PickleTuple(Pop(), second));
                break;
            case 0x87:
                var c = Pop();
                var b = Pop();
                Push(new PickleTuple(Pop(), b, c));
                break;
            case (byte)'a':
                var item = Pop();
                Append(Top(), [item]);
                break;
            case (byte)'e':
            case 0x90:
                var items = PopToMark();
                Append(Top(), items);
                break;
            case (byte)'s':
                var value = Pop();
                var key = Pop();
                SetItems(Top(), [key, value]);
                break;
            case (byte)'u':
                var pairs = PopToMark();
                SetItems(Top(), pairs);
                break;

            case (byte)'p':
                Memoize(ParseInteger(input.ReadLine()) as long? ?? -1);
                break;
            case (byte)'q':
                Memoize(input.ReadByte());
                break;
            case (byte)'r':
                Memoize((uint)input.ReadInt32());
                break;
            case 0x94:
                Memoize(_memo.Count);
                break;
            case (byte)'g':
                Recall(ParseInteger(input.ReadLine()) as long? ?? -1);
                break;
            case (byte)'h':
                Recall(input.ReadByte());
                break;
            case (byte)'j':
                Recall((uint)input.ReadInt32());
                break;

            case (byte)'P':
                Push(persistent(input.ReadLine()));
                break;
            case (byte)'Q':
                Push(persistent(Pop()));
                break;

            case (byte)'c':
                Push(Global(input.ReadLine(), input.ReadLine(), at));
                break;
            case 0x93:
                var name = Pop();
                var module = Pop();
                if (name is string nameText && module is string moduleText)
                {
                    Push(Global(moduleText, nameText, at));
                }
                else
                {
                    scan.Add("(computed name)", input.Where, at, ScanVerdict.Dangerous, "The name of code is computed while loading, which hides it.");
                    Push(new PickleObject(null, new PickleTuple(module, name)));
                }

                break;
            case 0x82:
            case 0x83:
            case 0x84:
                var code = opcode == 0x82 ? input.ReadByte() : opcode == 0x83 ? input.ReadUInt16() : (uint)input.ReadInt32();
                scan.Add($"(extension {code})", input.Where, at, ScanVerdict.Unknown, "A number that stands for a name in the registry of the program that wrote it.");
                Push(new PickleObject(new PickleGlobal("copyreg", $"extension {code}"), null));
                break;
            case (byte)'i':
                var instance = Global(input.ReadLine(), input.ReadLine(), at);
                Push(Call(instance, new PickleTuple(PopToMark())));
                break;
            case (byte)'o':
                var parts = PopToMark();
                Push(Call(parts.Length > 0 ? parts[0] : throw Bad("OBJ without a class"), new PickleTuple(parts[1..])));
                break;
            case (byte)'R':
            case 0x81:
                var arguments = Pop();
                Push(Call(Pop(), arguments));
                break;
            case 0x92:
                var keywords = Pop();
                var positional = Pop();
                Push(Call(Pop(), new PickleTuple(positional, keywords)));
                break;
            case (byte)'b':
                var state = Pop();
                calls.Build(Top(), state, this);
                break;
            default:
                throw Bad($"the byte 0x{opcode:x2} at {at} is no opcode");
        }
    }

    public BadInputException Bad(string what) => new($"{input.Where}: {what} (at byte {input.Position}): the pickle is damaged or not for this reader.");

    private PickleGlobal Global(string module, string name, long at)
    {
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
        scan.Add("(computed call)", input.Where, input.Position, ScanVerdict.Dangerous, "The file calls the result of another call.");
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

    private object ReadLong(int length)
    {
        if (length is < 0 or > 1_024)
        {
            throw Bad($"a number of {length} bytes; at most 1024 are read");
        }

        var value = new BigInteger(input.ReadBytes(length));
        return Narrow(value);
    }

    private object ParseInteger(string text) =>
        text.Length <= 1_024 && BigInteger.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value)
            ? Narrow(value)
            : throw Bad("a number that is none");

    private double ParseDouble(string text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value)
            ? value
            : throw Bad("a number that is none");

    // The cast to object keeps the long: without it both branches would become BigInteger.
    private static object Narrow(BigInteger value) => value >= long.MinValue && value <= long.MaxValue ? (object)(long)value : value;

    private static string Unescape(string text)
    {
        if (!text.Contains('\\', StringComparison.Ordinal))
        {
            return text;
        }

        var plain = new System.Text.StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            var digits = i + 1 >= text.Length || text[i] != '\\' ? -1 : text[i + 1] switch { 'x' => 2, 'u' => 4, 'U' => 8, _ => 0 };
            if (digits > 0 && i + 2 + digits <= text.Length
                && uint.TryParse(text.AsSpan(i + 2, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var code)
                && code <= 0x10ffff && code is < 0xd800 or > 0xdfff)
            {
                plain.Append(char.ConvertFromUtf32((int)code));
                i += 1 + digits;
            }
            else if (digits == 0)
            {
                plain.Append(text[i + 1] switch { 'n' => '\n', 't' => '\t', 'r' => '\r', var other => other });
                i++;
            }
            else
            {
                plain.Append(text[i]);
            }
        }

        return plain.ToString();
    }
}
