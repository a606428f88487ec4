using Toolkit.Analysis.LinearAlgebra;

namespace Toolkit.Analysis.Spectra;

/// <summary>A matrix with the name under which results speak of it.</summary>
/// <param name="Name">A weight's initializer name, a role (<c>embed_x</c>), <c>natural(S4)</c>, or a captured value's
/// name.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Formula">How it was made where it is not a tensor of the file: <c>W_x · W[:256]</c>; else null.</param>
/// <param name="Matrix">The values, [rows, columns].</param>
/// <param name="Precision">The relative rounding of the numbers it was made of: 2⁻²³ for float32, 2⁻⁵² for
/// float64.</param>
public sealed record NamedMatrix(
    string Name, MatrixKind Kind, string? Formula, HostMatrix Matrix, double Precision = NamedMatrix.Float32)
{
    /// <summary>2⁻²³, the spacing of float32 at 1.</summary>
    public const double Float32 = 1.1920928955078125e-7;

    /// <summary>2⁻¹⁰, the spacing of float16 at 1.</summary>
    public const double Float16 = 9.765625e-4;

    /// <summary>2⁻⁵², the spacing of float64 at 1.</summary>
    public const double Float64 = 2.220446049250313e-16;
}
