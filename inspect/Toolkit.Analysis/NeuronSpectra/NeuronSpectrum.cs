namespace Toolkit.Analysis.NeuronSpectra;

/// <summary>One neuron seen by the group.</summary>
/// <param name="Neuron">Its index.</param>
/// <param name="Cluster">The irrep with most of its power, <see cref="NeuronSpectra.Off"/>, or
/// <see cref="NeuronSpectra.Mixed"/>.</param>
/// <param name="LeftEnergy">‖f‖² of its function of the left element.</param>
/// <param name="RightEnergy">‖f‖² of its function of the right element.</param>
/// <param name="LeftPower">Power in each irrep, of the left function.</param>
/// <param name="RightPower">Power in each irrep, of the right function.</param>
/// <param name="LeftRankOne">σ₁²/Σσ² of the left Fourier coefficient in the cluster's irrep; NaN where there is no
/// cluster.</param>
/// <param name="RightRankOne">The same of the right one.</param>
public sealed record NeuronSpectrum(
    int Neuron,
    string Cluster,
    double LeftEnergy,
    double RightEnergy,
    double[] LeftPower,
    double[] RightPower,
    double LeftRankOne,
    double RightRankOne);
