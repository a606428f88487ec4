using Toolkit.Analysis.LinearAlgebra;
using Toolkit.Formats.Runs;

namespace Toolkit.Inspect.Results;

/// <summary>A captured value as a matrix of rows (samples and positions) by features, some samples at a time.</summary>
internal static class RunBlocks
{
    /// <summary>Values of one block at most: 32 MB as float64.</summary>
    private const long BlockValues = 1 << 22;

    /// <summary>Gives all rows in order.</summary>
    /// <param name="run">The run.</param>
    /// <param name="tensor">A stored value of numbers.</param>
    /// <returns>Blocks of rows, [any, channels].</returns>
    public static IEnumerable<HostMatrix> Of(RunReader run, TensorEntry tensor)
    {
        if (tensor.Granularity != RowGranularity.Sample || tensor.SampleShape is null)
        {
            yield return Rows(run.Read(tensor), tensor);
            yield break;
        }

        var perSample = Math.Max(1, (tensor.RowsPerSample ?? 1) * (tensor.Channels ?? 1));
        var step = Math.Clamp(BlockValues / perSample, 1, run.Samples);
        for (var first = 0L; first < run.Samples; first += step)
        {
            yield return Rows(run.Read(tensor, first, Math.Min(step, run.Samples - first)), tensor);
        }
    }

    /// <summary>Some samples of a value, one row each: positions and channels together are the features.</summary>
    /// <param name="run">The run.</param>
    /// <param name="tensor">A stored value of numbers with one shape for all samples.</param>
    /// <param name="samples">The samples, ascending.</param>
    /// <returns>[samples, features].</returns>
    public static HostMatrix Samples(RunReader run, TensorEntry tensor, long[] samples)
    {
        var columns = checked((int)((tensor.RowsPerSample ?? 1) * (tensor.Channels ?? 1)));
        var chosen = new HostMatrix(samples.Length, columns);
        var step = Math.Clamp(BlockValues / Math.Max(1, columns), 1, run.Samples);
        var at = 0;
        for (var first = 0L; first < run.Samples && at < samples.Length; first += step)
        {
            var count = Math.Min(step, run.Samples - first);
            if (samples[at] >= first + count)
            {
                continue;
            }

            var block = TensorNumbers.ToFloat64(run.Read(tensor, first, count));
            for (; at < samples.Length && samples[at] < first + count; at++)
            {
                block.AsSpan((int)(samples[at] - first) * columns, columns).CopyTo(
                    chosen.Values.AsSpan(at * columns, columns));
            }
        }

        return chosen;
    }

    // The last axis is the features; a scalar per sample is one feature.
    private static HostMatrix Rows(Formats.Tensors.HostTensor tensor, TensorEntry entry)
    {
        var columns = entry.Channels ?? 1;
        var values = TensorNumbers.ToFloat64(tensor);
        return new HostMatrix(columns == 0 ? 0 : values.Length / columns, columns, values);
    }
}
