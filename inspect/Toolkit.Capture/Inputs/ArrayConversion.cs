using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Toolkit.Formats.Tensors;

namespace Toolkit.Capture.Inputs;

/// <summary>Widens or narrows arrays to what an input takes, where no value changes but by rounding.</summary>
internal static class ArrayConversion
{
    /// <summary>Converts an array.</summary>
    /// <param name="array">The array.</param>
    /// <param name="type">The wanted type.</param>
    /// <returns>The array itself or a copy; null where a value would change, or types do not mix.</returns>
    public static HostTensor? To(HostTensor array, ElementType type)
    {
        if (array.Type == type || type == ElementType.Undefined)
        {
            return array;
        }

        return type switch
        {
            ElementType.Float32 => From<float>(array, type),
            ElementType.Float64 => From<double>(array, type),
            ElementType.Float16 => From<Half>(array, type),
            ElementType.Int64 => From<long>(array, type),
            ElementType.Int32 => From<int>(array, type),
            ElementType.Int16 => From<short>(array, type),
            ElementType.Int8 => From<sbyte>(array, type),
            ElementType.UInt8 => From<byte>(array, type),
            ElementType.UInt16 => From<ushort>(array, type),
            ElementType.UInt32 => From<uint>(array, type),
            ElementType.UInt64 => From<ulong>(array, type),
            _ => null,
        };
    }

    private static HostTensor? From<T>(HostTensor array, ElementType type)
        where T : unmanaged, INumber<T> => array.Type switch
    {
        ElementType.Float32 => Convert<float, T>(array, type),
        ElementType.Float64 => Convert<double, T>(array, type),
        ElementType.Float16 => Convert<Half, T>(array, type),
        ElementType.Int64 => Convert<long, T>(array, type),
        ElementType.Int32 => Convert<int, T>(array, type),
        ElementType.Int16 => Convert<short, T>(array, type),
        ElementType.Int8 => Convert<sbyte, T>(array, type),
        ElementType.UInt8 => Convert<byte, T>(array, type),
        ElementType.UInt16 => Convert<ushort, T>(array, type),
        ElementType.UInt32 => Convert<uint, T>(array, type),
        ElementType.UInt64 => Convert<ulong, T>(array, type),
        _ => null,
    };

    private static HostTensor? Convert<TFrom, TTo>(HostTensor array, ElementType type)
        where TFrom : unmanaged, INumber<TFrom>
        where TTo : unmanaged, INumber<TTo>
    {
        // A double array for a float32 input is what numpy gives by default, and one file serves a model and its
        // half-precision twin: rounding is what everybody means, while a finite number never becomes infinite.
        var mayRound = array.Type is ElementType.Float64 or ElementType.Float32
            && type is ElementType.Float32 or ElementType.Float16;
        var from = array.AsSpan<TFrom>();
        var bytes = GC.AllocateUninitializedArray<byte>(from.Length * Unsafe.SizeOf<TTo>());
        var to = MemoryMarshal.Cast<byte, TTo>(bytes.AsSpan());
        for (var i = 0; i < from.Length; i++)
        {
            var converted = TTo.CreateSaturating(from[i]);
            if (mayRound
                ? TTo.IsInfinity(converted) && TFrom.IsFinite(from[i])
                : TFrom.CreateSaturating(converted) != from[i] && !TFrom.IsNaN(from[i]))
            {
                return null;
            }

            to[i] = converted;
        }

        return new HostTensor(type, array.Shape, bytes);
    }
}
