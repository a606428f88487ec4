using System.Numerics.Tensors;

namespace Toolkit.Analysis.RhoSets;

/// <summary>Products of small matrices, row-major spans, with vectors.</summary>
internal static class RhoVectors
{
    /// <summary>M·v.</summary>
    public static double[] Times(ReadOnlySpan<double> matrix, double[] vector)
    {
        var result = new double[vector.Length];
        for (var i = 0; i < result.Length; i++)
        {
            result[i] = TensorPrimitives.Dot(matrix.Slice(i * result.Length, result.Length), vector);
        }

        return result;
    }

    /// <summary>Mᵀ·v.</summary>
    public static double[] TransposedTimes(ReadOnlySpan<double> matrix, double[] vector)
    {
        var result = new double[vector.Length];
        for (var i = 0; i < result.Length; i++)
        {
            TensorPrimitives.MultiplyAdd(matrix.Slice(i * result.Length, result.Length), vector[i], result, result);
        }

        return result;
    }

    /// <summary>bᵀ·M·c.</summary>
    public static double Form(double[] b, ReadOnlySpan<double> matrix, double[] c) =>
        TensorPrimitives.Dot<double>(b, Times(matrix, c));

    /// <summary>The vector of length 1 in the same direction; null for zero.</summary>
    public static double[]? Unit(double[] vector)
    {
        var length = TensorPrimitives.Norm<double>(vector);
        return length == 0 ? null : [.. vector.Select(value => value / length)];
    }
}
