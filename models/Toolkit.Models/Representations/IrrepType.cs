namespace Toolkit.Models.Representations;

/// <summary>
/// What commutes with a real irreducible representation: the Frobenius–Schur type. The value is ⟨χ,χ⟩.
/// </summary>
public enum IrrepType
{
    /// <summary>Real numbers: irreducible over ℂ too, ⟨χ,χ⟩ = 1.</summary>
    Real = 1,

    /// <summary>Complex numbers: over ℂ the sum of two conjugate irreps, ⟨χ,χ⟩ = 2.</summary>
    Complex = 2,

    /// <summary>Quaternions: over ℂ twice the same irrep, ⟨χ,χ⟩ = 4.</summary>
    Quaternionic = 4,
}
