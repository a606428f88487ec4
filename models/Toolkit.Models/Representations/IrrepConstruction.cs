namespace Toolkit.Models.Representations;

/// <summary>An irrep before verification.</summary>
/// <param name="Name">The systematic name.</param>
/// <param name="PublishedName">The published name, or null.</param>
/// <param name="Dimension">d.</param>
/// <param name="Build">Makes the matrices of all elements, [n, d, d].</param>
internal sealed record IrrepConstruction(string Name, string? PublishedName, int Dimension, Func<double[]> Build);
