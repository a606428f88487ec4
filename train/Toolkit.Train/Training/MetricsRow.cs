namespace Toolkit.Train.Training;

/// <summary>How a network does at one epoch: the state after that many optimiser steps.</summary>
/// <param name="Epoch">Optimiser steps so far.</param>
/// <param name="TrainLoss">Mean cross-entropy on the training pairs, in nats.</param>
/// <param name="TestLoss">Mean cross-entropy on the test pairs, in nats; NaN where there are none.</param>
/// <param name="TrainAccuracy">Share of training pairs answered rightly.</param>
/// <param name="TestAccuracy">Share of test pairs answered rightly; NaN where there are none.</param>
/// <param name="SumOfSquaredWeights">Over all trained parameters.</param>
/// <param name="StepsPerSecond">Optimiser steps per second since the row before; NaN in the first.</param>
internal sealed record MetricsRow(
    int Epoch,
    double TrainLoss,
    double TestLoss,
    double TrainAccuracy,
    double TestAccuracy,
    double SumOfSquaredWeights,
    double StepsPerSecond);
