using Toolkit.Capture.Planning;
using Toolkit.Runtime.Observation;

namespace Toolkit.Capture.Probes;

/// <summary>Looks at a planned value in the middle of a run, on the thread that runs the graph.</summary>
/// <param name="value">The value.</param>
/// <param name="tensor">What it is now; gone when the observer returns. A loop shows one per iteration, a branch that
/// is not taken none.</param>
public delegate void ValueObserver(PlannedValue value, ObservedTensor tensor);
