using Toolkit.Models.Tasks;
using TorchSharp;
using static TorchSharp.torch;

namespace Toolkit.Train.Training;

/// <summary>A fixed batch of pairs on a device, with the loss of its labels.</summary>
internal sealed class PairBatch : IDisposable
{
    /// <summary>Copies pairs to the device.</summary>
    /// <param name="task">The task.</param>
    /// <param name="pairs">Pairs a·n + b, in the order in which the batch has them.</param>
    /// <param name="device">The device.</param>
    public PairBatch(GroupTask task, ReadOnlySpan<int> pairs, Device device)
    {
        Count = pairs.Length;
        long[] a = new long[Count], b = new long[Count], labels = new long[Count];
        for (var i = 0; i < Count; i++)
        {
            (a[i], b[i]) = task.Factors(pairs[i]);
            labels[i] = task.Labels[pairs[i]];
        }

        using var scope = NewDisposeScope();
        A = torch.tensor(a).to(device).DetachFromDisposeScope();
        B = torch.tensor(b).to(device).DetachFromDisposeScope();
        Loss = new CrossEntropy(torch.tensor(labels).to(device));
    }

    /// <summary>How many pairs.</summary>
    public int Count { get; }

    /// <summary>Left elements, int64 [count].</summary>
    public Tensor A { get; }

    /// <summary>Right elements, int64 [count].</summary>
    public Tensor B { get; }

    /// <summary>The loss against the pairs' products.</summary>
    public CrossEntropy Loss { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        A.Dispose();
        B.Dispose();
        Loss.Dispose();
    }
}
