using System.Collections.Immutable;
using Toolkit.Formats.Checkpoints.Pickle;
using Toolkit.Formats.Checkpoints.Scanning;
using Toolkit.Formats.Checkpoints.Sources;
using Toolkit.Formats.Tensors;

namespace Toolkit.Formats.Checkpoints.Torch;

/// <summary>
/// torch's part of the allow-list: what each rebuild function would make of a storage, without torch.
/// </summary>
/// <param name="depth">How many torch files are around this one: a storage that is pickled outside of torch.save is a
/// torch file of its own.</param>
internal sealed class TorchCalls(int depth = 0) : PickleCalls
{
    private const int MaxDepth = 4;

    public override object? Call(PickleGlobal callable, PickleTuple arguments, PickleMachine machine)
    {
        switch (callable.FullName)
        {
            case "torch._utils._rebuild_tensor":
            case "torch._utils._rebuild_tensor_v2":
                return Dense(arguments, dtype: null, machine) with { Signs = TensorSigns.Of(arguments[6]) };
            case "torch._utils._rebuild_tensor_v3":
                return Dense(arguments, (arguments[6] as PickleGlobal)?.Name
                    ?? throw machine.Bad("a tensor without its dtype"), machine) with
                {
                    Signs = TensorSigns.Of(arguments[7]),
                };
            case "torch._utils._rebuild_parameter":
            case "torch._utils._rebuild_parameter_with_state":
            case "torch.nn.parameter.Parameter":
            case "torch.nn.parameter.Buffer":
            case "torch.Tensor" when arguments[0] is IPickledTensor:
                return arguments[0];
            case "torch._tensor._rebuild_from_type_v2" when arguments[0] is PickleGlobal inner
                && arguments[2] is PickleTuple innerArguments:
                return Call(inner, innerArguments, machine);
            case "torch._utils._rebuild_device_tensor_from_numpy":
                return arguments[0];
            case "torch._utils._rebuild_qtensor":
                return Quantised(arguments, machine);
            case "torch._utils._rebuild_sparse_tensor":
            case "torch._utils._rebuild_sparse_csr_tensor":
                return Sparse(arguments, machine);
            case "torch._utils._rebuild_nested_tensor":
                return new TorchComposite(
                    "nested", [("buffer", arguments[0]), ("sizes", arguments[1]), ("strides", arguments[2]), (
                        "offsets", arguments[3])]);
            case "torch._utils._rebuild_meta_tensor_no_storage":
                return new TorchRefused("a tensor on the meta device: the file has its shape but no elements.");
            case "torch.storage._load_from_bytes":
                return Inner(arguments[0], machine);
            case "torch.serialization._get_layout":
            case "torch.jit._pickle.restore_type_tag":
            case "torch.jit._pickle.build_intlist":
            case "torch.jit._pickle.build_doublelist":
            case "torch.jit._pickle.build_boollist":
            case "torch.jit._pickle.build_tensorlist":
                return arguments[0];
            default:
                return base.Call(callable, arguments, machine);
        }
    }

    /// <summary>
    /// The storage in a torch file inside the pickle; a file that cannot be looked into would be unpickled unseen.
    /// </summary>
    private object? Inner(object? bytes, PickleMachine machine)
    {
        try
        {
            if (bytes is PickleBytes inner && depth < MaxDepth)
            {
                machine.Charge(inner.Length / 16);
                return TorchLegacyFormat.ReadInside(
                    inner.ToSource($"{machine.Where}, bytes at {machine.Position}"), machine, depth + 1);
            }
        }
        catch (BadInputException)
        {
            // The finding says it.
        }

        machine.Scan.Add(
            "torch.storage._load_from_bytes",
            machine.Where,
            machine.Position,
            ScanVerdict.Dangerous,
            "Loads another pickle, which cannot be looked into.");
        return new PickleObject(new PickleGlobal("torch.storage", "_load_from_bytes"), null);
    }

    private static TorchTensor Dense(PickleTuple arguments, string? dtype, PickleMachine machine)
    {
        if (arguments[0] is not TorchStorage storage)
        {
            throw machine.Bad("a tensor without its storage");
        }

        return new TorchTensor(
            storage,
            dtype is null ? storage.Type : TorchType.OfDtype(dtype),
            dtype ?? storage.ClassName,
            Number(arguments[1], machine),
            Numbers(arguments[2], machine),
            Numbers(arguments[3], machine));
    }

    private static TorchComposite Quantised(PickleTuple arguments, PickleMachine machine)
    {
        // (storage, offset, size, stride, quantizer parameters, requires_grad, hooks)
        var tensor = Dense(arguments, dtype: null, machine);
        var parts = new List<(string Suffix, object? Value)> { ("int_repr", tensor) };
        if (arguments[4] is not PickleTuple parameters)
        {
            throw machine.Bad("a quantised tensor without its parameters");
        }

        var kind = $"{tensor.Storage.ClassName.Replace("Storage", string.Empty, StringComparison.Ordinal)} "
            + $"{(parameters[0] as PickleGlobal)?.Name ?? "quantised"}";
        parts.Add(("scale", AsPart(kind, parameters[1])));
        parts.Add(("zero_point", AsPart(kind, parameters[2])));
        if (parameters[3] is long)
        {
            parts.Add(("axis", AsPart(kind, parameters[3])));
        }

        return new TorchComposite(kind, parts);
    }

    private static TorchComposite Sparse(PickleTuple arguments, PickleMachine machine)
    {
        var layout = arguments[0] switch
        {
            PickleGlobal global => global.Name,
            string text => text.Replace("torch.", string.Empty, StringComparison.Ordinal),
            _ => throw machine.Bad("a sparse tensor without its layout"),
        };
        if (arguments[1] is not PickleTuple data)
        {
            throw machine.Bad("a sparse tensor without its parts");
        }

        var size = new TorchSizes(
            layout, data.Items.Select(item => item as PickleTuple).LastOrDefault(item => item is not null), machine);
        return layout switch
        {
            "sparse_coo" => new TorchComposite(layout, [("indices", data[0]), ("values", data[1]), ("size", size)]),
            "sparse_csr" or "sparse_bsr" => new TorchComposite(
                layout, [("crow_indices", data[0]), ("col_indices", data[1]), ("values", data[2]), ("size", size)]),
            "sparse_csc" or "sparse_bsc" => new TorchComposite(
                layout, [("ccol_indices", data[0]), ("row_indices", data[1]), ("values", data[2]), ("size", size)]),
            _ => throw machine.Bad($"the sparse layout '{layout}'; sparse_coo, csr, csc, bsr and bsc are read"),
        };
    }

    private static object? AsPart(string kind, object? value) =>
        value is double or long ? new TorchScalar(kind, value) : value;

    internal static long Number(object? value, PickleMachine machine) =>
        value is long number ? number : throw machine.Bad("a number was expected");

    internal static ImmutableArray<long> Numbers(object? value, PickleMachine machine)
    {
        var items = value switch
        {
            PickleTuple tuple => (IReadOnlyList<object?>)tuple.Items,
            PickleList list => list.Items,
            _ => throw machine.Bad("a tuple of numbers was expected"),
        };
        var numbers = ImmutableArray.CreateBuilder<long>(items.Count);
        foreach (var item in items)
        {
            numbers.Add(Number(item, machine));
        }

        return numbers.MoveToImmutable();
    }

    /// <summary>The size of a sparse tensor, as a tensor of whole numbers.</summary>
    private sealed class TorchSizes(string kind, PickleTuple? sizes, PickleMachine machine) : IPickledTensor
    {
        private readonly ImmutableArray<long> _sizes = sizes is null ? [] : Numbers(sizes, machine);

        public void AddTo(CheckpointContent content, string name)
        {
            var tensor = HostTensor.Create<long>(ElementType.Int64, new TensorShape(_sizes.Length), _sizes.AsSpan());
            content.Add(new CheckpointTensor(name, tensor.Type, tensor.Shape, new Sources.LoadedStorage(
                name, tensor.Bytes.Length, () => tensor.Bytes.ToArray()))
            {
                Notes = [$"part of {kind}"],
            });
        }
    }
}
