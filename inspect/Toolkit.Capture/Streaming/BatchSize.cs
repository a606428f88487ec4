namespace Toolkit.Capture.Streaming;

/// <summary>
/// Chooses sizes that depend on the values alone, never on the machine, so that every shard chooses the same.
/// </summary>
internal static class BatchSize
{
    private const long BatchBytes = 32 << 20;

    /// <summary>What a run of the model may take for values of its own, captured or not.</summary>
    private const long RunBytes = 128 << 20;
    private const int MaximumBatch = 8192;
    private const long SegmentBytes = 256 << 20;
    private const long SegmentSamples = 1 << 16;
    private const long LargestSegment = 1L << 60;

    /// <summary>
    /// Samples of one run: about 32 MiB of captured values, and no more than 128 MiB of those that live at once in the
    /// model; a power of two, at most 8,192.
    /// </summary>
    /// <param name="bytesPerSample">Bytes of all captured values of one sample.</param>
    /// <param name="runBytesPerSample">Bytes of the values that live at once in the plain model, for one
    /// sample.</param>
    /// <param name="samples">Samples of the whole run.</param>
    public static int Batch(long bytesPerSample, long runBytesPerSample, long samples)
    {
        var most = Math.Min(
            BatchBytes / Math.Max(bytesPerSample, 1), RunBytes / Math.Max(runBytesPerSample, 1));
        var batch = 1;
        while (batch < MaximumBatch && batch < samples && 2L * batch <= most)
        {
            batch *= 2;
        }

        return batch;
    }

    /// <summary>Samples of one segment: whole batches, a power of two of them where the choice is free.</summary>
    /// <param name="wanted">What the caller asked for; null for the rule.</param>
    /// <param name="batch">Samples of one run.</param>
    /// <param name="largestBytesPerSample">Bytes of the largest value of one sample.</param>
    public static long Segment(long? wanted, int batch, long largestBytesPerSample)
    {
        if (wanted is { } samples)
        {
            return Math.Max(1, Math.Min((samples / batch) + Math.Sign(samples % batch), LargestSegment / batch))
                * batch;
        }

        var limit = Math.Min(SegmentSamples, Math.Max(1, SegmentBytes / Math.Max(largestBytesPerSample, 1)));
        var segment = (long)batch;
        while (segment * 2 <= limit)
        {
            segment *= 2;
        }

        return segment;
    }
}
