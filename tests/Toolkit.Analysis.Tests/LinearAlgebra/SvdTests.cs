using CsCheck;
using Toolkit.Analysis.LinearAlgebra;
using Toolkit.Formats;
using Toolkit.Formats.Tensors;

namespace Toolkit.Analysis.Tests.LinearAlgebra;

public sealed class SvdTests
{
    /// <summary>
    /// Both are LAPACK-grade: errors of some units in the last place of the largest value, times the size.
    /// </summary>
    private const double Tolerance = 1e-12;

    private static readonly HostMatrix Mixed = new(5, 3, [-5, -2, 1, 2, 5, -3, -2, 1, 4, 5, -3, 0, 1, 4, -4]);

    public static TheoryData<SvdBackend> Backends => [SvdBackend.Managed, SvdBackend.Torch];

    /// <summary>From numpy 1.24.2: <c>numpy.linalg.svd(h)[1]</c>, h[i, j] = 1 / (i + j + 1).</summary>
    [Theory]
    [MemberData(nameof(Backends))]
    public void The_values_of_the_Hilbert_matrix_are_those_of_numpy(SvdBackend backend)
    {
        var hilbert = new HostMatrix(6, 6, [.. Enumerable.Range(0, 36).Select(at => 1.0 / ((at / 6) + (at % 6) + 1))]);

        SingularValues.Of(hilbert, backend).ShouldBeClose(
            [
                1.6188998589243389, 0.24236087057520955, 0.016321521319875812, 0.0006157483541826408,
                1.2570757122647529e-05, 1.0827994845022366e-07,
            ],
            1e-15);
    }

    /// <summary>From numpy 1.24.2, <c>numpy.linalg.svd(m, full_matrices=False)</c>, signs turned to our rule.</summary>
    [Theory]
    [MemberData(nameof(Backends))]
    public void The_vectors_of_a_tall_matrix_are_those_of_numpy_with_fixed_signs(SvdBackend backend)
    {
        var svd = Svd.Of(Mixed, backend);

        svd.Values.ShouldBeClose([9.560371407620009, 7.111033195522866, 3.745998590567493], Tolerance);
        svd.Right.Values.ShouldBeClose(
            [
                -0.5504453584396635, -0.5824091160159515, 0.5981718222666035,
                0.7675882114481432, -0.6348412478151352, 0.08823223740992947,
                0.32835688666155693, 0.5077166647393407, 0.7964957898996634,
            ],
            Tolerance);
        svd.Left.Row(0).ToArray().ShouldBeClose(
            [0.47228466907655997, -0.3487575231348873, -0.49672255018251804], Tolerance);
    }

    [Theory]
    [MemberData(nameof(Backends))]
    public void Factors_are_orthonormal_and_multiply_to_the_matrix(SvdBackend backend) =>
        SomeMatrix.Gen(20).Sample(
            matrix =>
            {
                var svd = Svd.Of(matrix, backend);
                svd.Approximate(svd.Values.Length).ShouldBeClose(matrix, Tolerance);
                MatrixProduct.OfTransposed(svd.Left, svd.Left).ShouldBeClose(Identity(svd.Values.Length), Tolerance);
                MatrixProduct.Of(svd.Right, svd.Right.Transpose()).ShouldBeClose(
                    Identity(svd.Values.Length), Tolerance);
                svd.Values.ShouldBe(svd.Values.OrderDescending());
                SingularValues.Of(matrix, backend).ShouldBeClose(svd.Values, Tolerance);
            },
            iter: 50,
            threads: 1);

    [Fact]
    public void MathNet_and_torch_agree_in_values_and_in_vectors_with_their_signs() =>
        SomeMatrix.Gen(40).Sample(
            matrix =>
            {
                var managed = Svd.Of(matrix, SvdBackend.Managed);
                var torch = Svd.Of(matrix, SvdBackend.Torch);
                managed.Values.ShouldBeClose(torch.Values, Tolerance);

                // Vectors are determined only as well as their values are apart.
                managed.Right.ShouldBeClose(torch.Right, 1e-7);
                managed.Left.ShouldBeClose(torch.Left, 1e-7);
            },
            iter: 50,
            threads: 1);

    [Fact]
    public void The_best_approximation_leaves_exactly_the_values_that_were_cut() =>
        SomeMatrix.Gen(20).Sample(
            matrix =>
            {
                var svd = Svd.Of(matrix);
                var rank = svd.Values.Length / 2;
                var approximation = svd.Approximate(rank);
                var residual = new HostMatrix(
                    matrix.Rows, matrix.Columns, [.. matrix.Values.Zip(approximation.Values, (a, b) => a - b)]);
                BlockedSum.SumOfSquares(residual.Values)
                    .ShouldBe(svd.Values[rank..].Sum(value => value * value), 1e-10);
            },
            iter: 50,
            threads: 1);

    [Fact]
    public void A_matrix_without_rows_or_columns_has_no_singular_values()
    {
        SingularValues.Of(new HostMatrix(0, 3)).ShouldBeEmpty();
        Svd.Of(new HostMatrix(3, 0)).Values.ShouldBeEmpty();
    }

    [Fact]
    public void A_NaN_is_refused_with_its_place() =>
        Should.Throw<BadInputException>(() => Svd.Of(new HostMatrix(2, 2, [1, 2, double.NaN, 4]))).Message
            .ShouldStartWith("a matrix to decompose: the value at row 1, column 0 is NaN");

    [Fact]
    public void Half_precision_tensors_become_matrices_by_their_last_dimension()
    {
        var half = HostTensor.Create(
            ElementType.Float16,
            new TensorShape(2, 1, 2),
            (ReadOnlySpan<Half>)[(Half)1, (Half)2, (Half)0.5, (Half)(-4)]);
        var brain = HostTensor.Create(ElementType.BFloat16, new TensorShape(2), (ReadOnlySpan<ushort>)[0x3F80, 0xC000]);

        HostMatrix.FromTensor(half).ShouldBeClose(new HostMatrix(2, 2, [1, 2, 0.5, -4]), 1e-15);
        HostMatrix.FromTensor(brain).ShouldBeClose(new HostMatrix(1, 2, [1, -2]), 1e-15);
    }

    private static HostMatrix Identity(int size) =>
        new(size, size, [.. Enumerable.Range(0, size * size).Select(at => at / size == at % size ? 1.0 : 0.0)]);
}
