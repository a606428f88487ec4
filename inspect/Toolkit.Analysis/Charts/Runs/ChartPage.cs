namespace Toolkit.Analysis.Charts.Runs;

/// <summary>The subjects under which the viewer and the report order charts.</summary>
public enum ChartPage
{
    /// <summary>Losses, accuracies and progress measures over training.</summary>
    Training,

    /// <summary>Captured values and weights.</summary>
    Tensor,

    /// <summary>Singular values, low rank, components.</summary>
    Spectra,

    /// <summary>Irreducible representations, cosets, trace hypothesis.</summary>
    Representations,

    /// <summary>Two runs beside each other.</summary>
    Compare,
}
