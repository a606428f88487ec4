using Toolkit.Formats;
using TorchSharp;
using static TorchSharp.torch;

namespace Toolkit.Analysis.LinearAlgebra;

/// <summary>Loops whose bodies use torch, on all cores: one thread of torch's in each of ours.</summary>
/// <remarks>
/// Many small operations shared out among torch's own threads meet at a barrier each; where other programs keep a core
/// busy, every barrier waits for the scheduler (one measurement took 450 s on a busy machine instead of 7).
/// </remarks>
internal static class TorchThreads
{
    /// <summary>Runs a body for 0 … count − 1, in any order, without gradients and in a scope of its own.</summary>
    /// <param name="count">How often.</param>
    /// <param name="body">Takes the number; tensors that it makes are disposed behind it.</param>
    /// <param name="cancellation">Stops between two bodies.</param>
    /// <remarks>
    /// What a body throws is thrown as by <see cref="ParallelLoop"/>. Bodies add tensors by <see cref="TensorSums"/>.
    /// </remarks>
    public static void ForEach(int count, Action<int> body, CancellationToken cancellation = default)
    {
        var threads = get_num_threads();
        try
        {
            ParallelLoop.For(
                count,
                Environment.ProcessorCount,
                index =>
                {
                    set_num_threads(1);
                    using var scope = NewDisposeScope();
                    using var grad = no_grad();
                    body(index);
                },
                cancellation);
        }
        finally
        {
            set_num_threads(threads);
        }
    }
}
