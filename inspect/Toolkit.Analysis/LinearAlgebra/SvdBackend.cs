namespace Toolkit.Analysis.LinearAlgebra;

/// <summary>What computes a decomposition. Both agree to about 1e-13 of the largest singular value.</summary>
public enum SvdBackend
{
    /// <summary>
    /// <see cref="Managed"/> up to <see cref="Svd.ManagedLimit"/> rows and columns, <see cref="Torch"/> beyond.
    /// </summary>
    Automatic,

    /// <summary>MathNet.Numerics: no native library, quick to start, slow for large matrices.</summary>
    Managed,

    /// <summary>torch.linalg (LAPACK of libtorch), in binary64.</summary>
    Torch,
}
