namespace Toolkit.Train.Training;

/// <summary>The settings of <see cref="AdamW"/>.</summary>
/// <param name="LearningRate">Step size; constant over the run.</param>
/// <param name="Beta1">Decay of the mean of gradients, in [0, 1).</param>
/// <param name="Beta2">Decay of the mean of squared gradients, in [0, 1).</param>
/// <param name="WeightDecay">Decoupled decay per unit of learning rate.</param>
/// <param name="Epsilon">Added to the root of the second moment. PyTorch's default: 1e-8.</param>
internal sealed record AdamWOptions(
    double LearningRate, double Beta1, double Beta2, double WeightDecay, double Epsilon = 1e-8);
