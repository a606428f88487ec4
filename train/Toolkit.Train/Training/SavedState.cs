using Toolkit.Formats.Tensors;

namespace Toolkit.Train.Training;

/// <summary>Everything that a resume needs to go on as if nothing had happened.</summary>
/// <param name="Epoch">The epoch the parameters belong to.</param>
/// <param name="OptimizerSteps">The optimiser's step count.</param>
/// <param name="Threads">With how many threads: another number adds in another order and gives other last bits.</param>
/// <param name="Seconds">Training time so far.</param>
/// <param name="Tensors">Parameters under <c>parameter.NAME</c>, the optimiser's state under <c>mean.NAME</c> and
/// <c>square.NAME</c>.</param>
internal sealed record SavedState(
    int Epoch, long OptimizerSteps, int Threads, double Seconds, IReadOnlyDictionary<string, HostTensor> Tensors);
