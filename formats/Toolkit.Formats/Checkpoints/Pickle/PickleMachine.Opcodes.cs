using System.Numerics;
using Toolkit.Formats.Checkpoints.Scanning;

namespace Toolkit.Formats.Checkpoints.Pickle;

/// <content>What each opcode does.</content>
internal sealed partial class PickleMachine
{
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
                Push(PickleText.Real(input.ReadLine()) ?? throw Bad("a number that is none"));
                break;
            case (byte)'G':
                Push(input.ReadDoubleBigEndian());
                break;
            case (byte)'I':
                Push(input.ReadLine() switch { "00" => false, "01" => true, var text => Integer(text) });
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
                Push(Integer(input.ReadLine().TrimEnd('L')));
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
                    ? PickleText.Unescape(quoted[1..^1])
                    : throw Bad("a quoted text without its quotes"));
                break;
            case (byte)'T':
                Push(input.ReadLatin1(input.ReadInt32()));
                break;
            case (byte)'U':
                Push(input.ReadLatin1(input.ReadByte()));
                break;
            case (byte)'V':
                Push(PickleText.Unescape(input.ReadLine()));
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
                throw Bad(
                    "a buffer outside of the pickle (NEXT_BUFFER); only pickles that are whole in themselves are read");
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
                Memoize(Integer(input.ReadLine()) as long? ?? -1);
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
                Recall(Integer(input.ReadLine()) as long? ?? -1);
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
                    scan.Add(
                        "(computed name)",
                        input.Where,
                        at,
                        ScanVerdict.Dangerous,
                        "The name of code is computed while loading, which hides it.");
                    Push(new PickleObject(null, new PickleTuple(module, name)));
                }

                break;
            case 0x82:
            case 0x83:
            case 0x84:
                var code = opcode == 0x82 ? input.ReadByte()
                    : opcode == 0x83 ? input.ReadUInt16()
                    : (uint)input.ReadInt32();
                scan.Add(
                    $"(extension {code})",
                    input.Where,
                    at,
                    ScanVerdict.Unknown,
                    "A number that stands for a name in the registry of the program that wrote it.");
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

    private object ReadLong(int length) => length is >= 0 and <= PickleText.MaxNumberLength
        ? PickleText.Narrow(new BigInteger(input.ReadBytes(length)))
        : throw Bad($"a number of {length} bytes; at most {PickleText.MaxNumberLength} are read");

    private object Integer(string text) => PickleText.Integer(text) ?? throw Bad("a number that is none");
}
