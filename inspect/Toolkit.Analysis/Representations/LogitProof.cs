using System.Numerics.Tensors;
using Toolkit.Analysis.LinearAlgebra;
using Toolkit.Formats;
using Toolkit.Models.Networks;

namespace Toolkit.Analysis.Representations;

/// <summary>
/// Whether the logits are what the roles say, readout · weights: roles given by hand, and biases behind the hidden
/// layer, can break it.
/// </summary>
public static class LogitProof
{
    /// <summary>
    /// Share of the largest logit: float32 products over up to some thousand neurons stay 100 times below, a bias that
    /// a network has learnt is far above.
    /// </summary>
    private const double Tolerance = 1e-4;

    /// <summary>Compares some rows.</summary>
    /// <param name="path">The model, for messages.</param>
    /// <param name="pass">Which values these are; nothing is compared where it has no logits.</param>
    /// <param name="weights">The effective weights.</param>
    /// <param name="readout">[rows, r]: readout, or hidden layer where there is none.</param>
    /// <param name="logits">[rows, n].</param>
    /// <exception cref="BadInputException">They differ.</exception>
    public static void Check(
        string path,
        FirstPassRoles pass,
        GroupNetworkWeights weights,
        ReadOnlySpan<float> readout,
        ReadOnlySpan<float> logits)
    {
        ArgumentNullException.ThrowIfNull(pass);
        ArgumentNullException.ThrowIfNull(weights);
        if (pass.Logits is null)
        {
            return;
        }

        var matrix = weights.ToLogits;
        var values = new double[readout.Length];
        TensorPrimitives.ConvertTruncating(readout, values);
        var (difference, largest) = Compare(values, matrix, logits);

        // NaN is reported by the measurement, which says where to look.
        if (difference > Tolerance * largest)
        {
            throw new BadInputException(
                $"{path}: '{pass.Logits.Value}' is not '{(pass.Readout ?? pass.Hidden).Value}' times the weights "
                    + "of role "
                + $"'{(weights.Readout is null ? NetworkRole.Unembed : NetworkRole.ReadoutWeights)}': they differ by "
                + $"up to {difference:g3} at logits of "
                + $"up to {largest:g3}. Where part of the logits bypasses the hidden layer, name what they are "
                + $"linear in: --role {NetworkRole.Readout}=VALUE "
                + $"--role {NetworkRole.ReadoutWeights}=WEIGHT --role {NetworkRole.Residual}=VALUE. A bias on the "
                + $"logits is not supported.{Hint(values, matrix, logits)}");
        }
    }

    /// <summary>The two mistakes that shapes do not show: before the nonlinearity, and square weights
    /// transposed.</summary>
    private static string Hint(double[] values, HostMatrix matrix, ReadOnlySpan<float> logits)
    {
        bool Agrees(double[] rows, HostMatrix weights, ReadOnlySpan<float> expected)
        {
            var (difference, largest) = Compare(rows, weights, expected);
            return difference <= Tolerance * largest;
        }

        return Agrees(Array.ConvertAll(values, value => Math.Max(0, value)), matrix, logits)
            ? " Its ReLU would fit: name the value behind the nonlinearity."
            : matrix.Rows == matrix.Columns && Agrees(values, matrix.Transpose(), logits)
            ? " The transposed weights would fit: put ^T behind their name."
            : string.Empty;
    }

    private static (double Difference, double Largest) Compare(
        double[] values, HostMatrix matrix, ReadOnlySpan<float> logits)
    {
        var product = MatrixProduct.Of(new HostMatrix(values.Length / matrix.Rows, matrix.Rows, values), matrix);
        double largest = 0;
        double difference = 0;
        for (var i = 0; i < product.Values.Length; i++)
        {
            largest = Math.Max(largest, Math.Abs(logits[i]));
            difference = Math.Max(difference, Math.Abs(product.Values[i] - logits[i]));
        }

        return (difference, largest);
    }
}
