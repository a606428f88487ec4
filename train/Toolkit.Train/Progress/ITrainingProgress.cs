using Toolkit.Train.Training;

namespace Toolkit.Train.Progress;

/// <summary>Shows how far a run is. Called often; implementations limit themselves.</summary>
internal interface ITrainingProgress : IDisposable
{
    /// <summary>Takes the state of the run.</summary>
    /// <param name="epoch">Steps done.</param>
    /// <param name="epochs">Steps to do.</param>
    /// <param name="latest">The latest row of metrics.</param>
    /// <param name="force">True at the end: show it in any case.</param>
    void Report(int epoch, int epochs, MetricsRow latest, bool force = false);
}
