using Toolkit.Formats.Runs;

namespace Toolkit.Capture.Streaming;

/// <summary>
/// Decides whether a capture is written by channels too; by the plan alone, so that every shard decides the same.
/// </summary>
internal static class ChannelBlockChoice
{
    private const long SamplesFrom = 100_000;
    private const long BufferBytes = 64 << 20;
    private const int MaximumRows = 1 << 16;

    /// <summary>
    /// Below this, a channel's values come in pieces of under 1 KiB, and reading them is no faster than reading rows.
    /// </summary>
    private const int MinimumRows = 256;

    /// <summary>
    /// Rows that are collected before they are written by channels: a power of two, as many as 64 MiB hold of all
    /// values together, 256 to 65,536.
    /// </summary>
    /// <param name="wanted">What the caller asked for; null for the rule: from 100,000 samples on, where 256 rows fit
    /// in 64 MiB.</param>
    /// <param name="plan">The plan without the choice.</param>
    /// <returns>The rows; null for no files by channels.</returns>
    public static int? Rows(bool? wanted, RunPlan plan)
    {
        var planned = plan with { ChannelBlockRows = MaximumRows };
        var rowBytes = plan.Tensors.Where(planned.IsByChannel).Sum(t => RowBytes(t));
        if (wanted == false
            || rowBytes == 0
            || (wanted is null && (plan.Samples < SamplesFrom || rowBytes * MinimumRows > BufferBytes)))
        {
            return null;
        }

        var rows = MaximumRows;
        while (rows > MinimumRows && rows * rowBytes > BufferBytes)
        {
            rows /= 2;
        }

        return rows;
    }

    /// <summary>Bytes that the buffers take at most.</summary>
    /// <param name="wanted">What the caller asked for; null for the rule.</param>
    /// <param name="samples">Samples of the run.</param>
    public static long Buffers(bool? wanted, long samples) => wanted ?? samples >= SamplesFrom ? BufferBytes : 0;

    /// <summary>Bytes that a run writes by channels, before compression.</summary>
    /// <param name="plan">The plan.</param>
    public static long Bytes(RunPlan plan) =>
        ByteSize.Sum(plan.Tensors.Where(plan.IsByChannel).Select(
            t => ByteSize.Of(ByteSize.Of(t.RowsPerSample!.Value, RowBytes(t)), plan.Samples)));

    private static long RowBytes(TensorEntry tensor) =>
        (long)tensor.Channels!.Value * tensor.StoredType switch { "float32" => 4, "bool" => 1, _ => 8 };
}
