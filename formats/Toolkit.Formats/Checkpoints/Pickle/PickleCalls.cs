using System.Collections.Frozen;
using System.Text;

namespace Toolkit.Formats.Checkpoints.Pickle;

/// <summary>One call that is known to build nothing but data: how the data is built, without the code.</summary>
internal delegate object? InertCall(PickleTuple arguments, PickleMachine machine);

/// <summary>The allow-list: global name → what it would build. Everything else becomes an opaque node.</summary>
internal class PickleCalls
{
    private static readonly FrozenDictionary<string, InertCall> Plain = new Dictionary<string, InertCall>
    {
        ["collections.OrderedDict"] = static (arguments, machine) => FromPairs(arguments[0], machine),
        ["collections.defaultdict"] = static (_, _) => new PickleDictionary(),
        ["builtins.dict"] = static (arguments, machine) => FromPairs(arguments[0], machine),
        ["builtins.list"] = static (arguments, machine) => ToList(arguments[0], isSet: false, machine),
        ["builtins.tuple"] = static (arguments, machine) => new PickleTuple(
            ToList(arguments[0], isSet: false, machine).Items.ToArray()),
        ["builtins.set"] = static (arguments, machine) => ToList(arguments[0], isSet: true, machine),
        ["builtins.frozenset"] = static (arguments, machine) => ToList(arguments[0], isSet: true, machine),
        ["builtins.bytearray"] = static (arguments, _) => arguments[0] ?? new PickleBytes([]),
        ["builtins.bytes"] = static (arguments, _) => arguments[0] ?? new PickleBytes([]),
        ["torch.Size"] = static (arguments, machine) => new PickleTuple(
            ToList(arguments[0], isSet: false, machine).Items.ToArray()),
        ["_codecs.encode"] = EncodeLatin1,
    }.ToFrozenDictionary();

    /// <summary>The data that a call would build, or an opaque node.</summary>
    public virtual object? Call(PickleGlobal callable, PickleTuple arguments, PickleMachine machine) =>
        Plain.TryGetValue(
            callable.FullName.Replace("__builtin__.", "builtins.", StringComparison.Ordinal), out var call)
            ? call(arguments, machine)
            : NumpyPickle.TryCall(callable, arguments, machine) ?? new PickleObject(callable, arguments);

    /// <summary>Gives an object its state (BUILD).</summary>
    public virtual void Build(object? target, object? state, PickleMachine machine)
    {
        switch (target)
        {
            case PickleObject opaque:
                opaque.State = state;
                break;
            case NumpyPickle.ArrayValue array:
                array.SetState(state, machine);
                break;
            case NumpyPickle.TypeValue type:
                type.SetState(state);
                break;
        }
    }

    private static PickleDictionary FromPairs(object? pairs, PickleMachine machine)
    {
        var dictionary = new PickleDictionary();
        foreach (var pair in ToList(pairs, isSet: false, machine).Items)
        {
            var (key, value) = pair switch
            {
                PickleTuple { Length: 2 } tuple => (tuple[0], tuple[1]),
                PickleList { Items.Count: 2 } list => (list.Items[0], list.Items[1]),
                _ => (null, null),
            };
            dictionary.Set(key, value);
        }

        if (pairs is PickleDictionary other)
        {
            machine.Charge(other.Items.Count);
            foreach (var (key, value) in other.Items)
            {
                dictionary.Set(key, value);
            }
        }

        return dictionary;
    }

    private static PickleList ToList(object? items, bool isSet, PickleMachine machine)
    {
        var list = new PickleList(isSet);
        switch (items)
        {
            case PickleList other:
                machine.Charge(other.Items.Count);
                list.Items.AddRange(other.Items);
                break;
            case PickleTuple tuple:
                machine.Charge(tuple.Length);
                list.Items.AddRange(tuple.Items);
                break;
        }

        return list;
    }

    /// <summary>Protocol 2 writes bytes as text and this call.</summary>
    private static object? EncodeLatin1(PickleTuple arguments, PickleMachine machine)
    {
        if (arguments[0] is not string text || arguments[1] is not ("latin1" or "latin-1" or "iso-8859-1"))
        {
            throw machine.Bad("_codecs.encode is known with latin1 only");
        }

        machine.Charge(text.Length / 16);
        return new PickleBytes(Encoding.Latin1.GetBytes(text));
    }
}
