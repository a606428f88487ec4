namespace Toolkit.Runtime.Observation;

/// <summary>Looks at a value in the middle of a run, on the thread that runs the graph; the run waits for it.</summary>
/// <param name="id">The number that the observing node was given.</param>
/// <param name="tensor">The value; a body of a loop shows one per iteration, a branch that is not taken none.</param>
/// <remarks>What it throws ends the run and comes out of <see cref="InferenceEngine.Run"/> unchanged.</remarks>
public delegate void TensorObserver(long id, ObservedTensor tensor);
