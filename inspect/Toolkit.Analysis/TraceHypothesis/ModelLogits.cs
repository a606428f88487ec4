using System.Runtime.InteropServices;
using Toolkit.Formats.Tensors;
using Toolkit.Models.Networks;
using Toolkit.Runtime;

namespace Toolkit.Analysis.TraceHypothesis;

/// <summary>
/// The logits of a group network, computed by ONNX Runtime pair by pair in batches each time they are asked for.
/// </summary>
/// <param name="engine">A session of the network; not disposed here.</param>
/// <param name="order">The order of the group.</param>
/// <param name="batch">Pairs in one run, at least 1.</param>
public sealed class ModelLogits(InferenceEngine engine, int order, int batch = 4096) : ILogitSource
{
    /// <inheritdoc/>
    public IEnumerable<LogitBlock> Blocks()
    {
        for (var first = 0; first < order * order; first += batch)
        {
            var count = Math.Min(batch, (order * order) - first);
            var a = new long[count];
            var b = new long[count];
            for (var index = 0; index < count; index++)
            {
                (a[index], b[index]) = Math.DivRem(first + index, order);
            }

            var shape = new TensorShape(count);
            var inputs = new Dictionary<string, InputValue>(StringComparer.Ordinal)
            {
                [GroupNetwork.InputA] = HostTensor.Create<long>(ElementType.Int64, shape, a),
                [GroupNetwork.InputB] = HostTensor.Create<long>(ElementType.Int64, shape, b),
            };
            using var result = engine.Run(inputs, [GroupNetwork.Logits]);
            yield return new LogitBlock(
                first, MemoryMarshal.Cast<byte, float>(result[GroupNetwork.Logits].Bytes).ToArray());
        }
    }
}
