using System.Collections.Immutable;
using Toolkit.Formats.Checkpoints.Numpy;
using Toolkit.Formats.Checkpoints.Sources;
using Toolkit.Formats.Tensors;

namespace Toolkit.Formats.Checkpoints.Pickle;

/// <summary>numpy's arrays, types and scalars inside a pickle.</summary>
internal static class NumpyPickle
{
    public static object? TryCall(PickleGlobal callable, PickleTuple arguments, PickleMachine machine)
    {
        var module = callable.Module.Replace("numpy._core.", "numpy.core.", StringComparison.Ordinal);
        switch (module, callable.Name)
        {
            case ("numpy.core.multiarray", "_reconstruct"):
                return new ArrayValue();
            case ("numpy", "ndarray"):
                return new ArrayValue();
            case ("numpy", "dtype"):
                return new TypeValue(arguments[0] as string ?? "?");
            case ("numpy.core.multiarray", "scalar") when arguments[0] is TypeValue type
                && arguments[1] is PickleBytes data:
                return new ArrayValue { Type = type, Dimensions = [], Data = data };
            case ("numpy.core.numeric", "_frombuffer") when arguments[1] is TypeValue type
                && arguments[0] is PickleBytes data:
                return new ArrayValue
                {
                    Type = type, Dimensions = Extents(arguments[2], machine), Data = data, IsFortran =
                        arguments[3] is "F",
                };
            default:
                return null;
        }
    }

    private static ImmutableArray<long> Extents(object? shape, PickleMachine machine) => shape switch
    {
        PickleTuple tuple => [.. tuple.Items.Select(
            item => item is long extent ? extent : throw machine.Bad("an extent that is no number"))],
        long single => [single],
        _ => throw machine.Bad("a numpy shape that is no tuple"),
    };

    /// <summary>A numpy.dtype.</summary>
    internal sealed class TypeValue(string code)
    {
        private char _order = '<';

        /// <summary>As the npy header writes it: byte order, kind, size.</summary>
        public string Description =>
            (code.Length > 0 && code[0] is '<' or '>' or '|' or '=' ? string.Empty : _order.ToString()) + code;

        public void SetState(object? state)
        {
            if (state is PickleTuple tuple && tuple[1] is string { Length: 1 } order)
            {
                _order = order[0];
            }
        }
    }

    /// <summary>A numpy.ndarray.</summary>
    internal sealed class ArrayValue
    {
        public TypeValue? Type { get; set; }

        public ImmutableArray<long> Dimensions { get; set; } = [];

        public PickleBytes? Data { get; set; }

        public bool IsFortran { get; set; }

        public void SetState(object? state, PickleMachine machine)
        {
            // (version, shape, dtype, is Fortran, data)
            if (state is not PickleTuple { Length: 5 } tuple || tuple[2] is not TypeValue type)
            {
                return;
            }

            Type = type;
            Dimensions = Extents(tuple[1], machine);
            IsFortran = tuple[3] is true;
            Data = tuple[4] switch
            {
                PickleBytes bytes => bytes,
                string text => new PickleBytes(System.Text.Encoding.Latin1.GetBytes(text)),
                _ => null,
            };
        }

        /// <summary>Adds the array to the checkpoint, or the reason why not.</summary>
        public void AddTo(CheckpointContent content, string name)
        {
            if (Type is null || Data is null)
            {
                content.AddUnreadable(
                    name, "a numpy array of objects: its elements are pickled Python values, not numbers.");
                return;
            }

            if (!NumpyType.TryParse(Type.Description, out var type, out var isBigEndian, out var reason))
            {
                content.AddUnreadable(name, reason);
                return;
            }

            var shape = CheckedShape.Create(name, Dimensions.AsSpan());
            content.Add(new CheckpointTensor(
                name, type, shape, Data.ToStorage(name, isBigEndian), strides: IsFortran
                    ? StridedLayout.ColumnMajor(shape)
                    : default)
            {
                SourceType = Type.Description,
                Notes = isBigEndian ? ["big-endian to little-endian"] : [],
            });
        }
    }
}
