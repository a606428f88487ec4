using Toolkit.Formats;
using Toolkit.Formats.Runs.Activations;

namespace Toolkit.Capture;

/// <summary>Refuses a capture that the disk has no room for, before it begins.</summary>
public static class DiskQuota
{
    /// <summary>Room that is left for everything else.</summary>
    private const long Reserve = 64 << 20;

    /// <summary>Compares the size of the run with the free space of its disk.</summary>
    /// <param name="preparation">The prepared capture.</param>
    /// <exception cref="BadInputException">There is not enough room.</exception>
    /// <remarks>
    /// Where the raw values would not fit, one batch is run and encoded, and the measured ratio counts.
    /// </remarks>
    public static void Check(CapturePreparation preparation)
    {
        ArgumentNullException.ThrowIfNull(preparation);
        if (preparation.Plan.StatsOnly && preparation.Options.Repeat == 1)
        {
            return;
        }

        var folder = Path.GetFullPath(preparation.Options.Folder);
        while (!Directory.Exists(folder))
        {
            folder = Path.GetDirectoryName(folder)!;
        }

        var free = new DriveInfo(folder).AvailableFreeSpace - Reserve;
        if (preparation.Plan.StatsOnly)
        {
            var batch = (double)preparation.ValueBytes / preparation.Plan.Samples * preparation.Plan.Batch;
            if (batch > free)
            {
                throw new BadInputException(
                    $"{preparation.Options.Folder}: --repeat keeps the values of a batch on the disk, about "
                        + $"{Size(batch)}, and it has {Size(Math.Max(0, free))} left beyond a reserve of "
                        + $"{Size(Reserve)}. Take a smaller --batch, or choose another disk.");
            }

            return;
        }

        var raw = ByteSize.Sum([preparation.ValueBytes, preparation.ChannelBytes]) / preparation.Options.Shards;
        if (raw <= free)
        {
            return;
        }

        var ratio = preparation.Plan.Encoding == "speed" ? 1 : Ratio(preparation);
        if (raw * ratio > free)
        {
            throw new BadInputException(
                $"{preparation.Options.Folder}: the run takes about {Size(raw * ratio)}, the disk has "
                    + $"{Size(Math.Max(0, free))} left beyond a reserve of {Size(Reserve)}. "
                + "Select values with --tensors, "
                + $"{(preparation.ChannelBytes > 0 ? "leave out the files by channels with --by-channel false, " : string.Empty)}"
                + "keep statistics with --stats-only, divide it with --shard, or choose another disk.");
        }
    }

    private static string Size(double bytes) => bytes >= 1e9 ? $"{bytes / 1e9:0.0} GB" : $"{bytes / 1e6:0.0} MB";

    private static double Ratio(CapturePreparation preparation)
    {
        var samples = (int)Math.Min(preparation.Plan.Batch, preparation.Source.Samples);
        var state = Streaming.CarriedState.Initial(
            preparation.Options, preparation.Engine, preparation.Source.Read(0, samples), preparation.Source.Samples);
        using var result = preparation.Engine.Run(
            state.With(preparation.Source.Read(0, samples)), preparation.Exposed.OutputNames);
        var (raw, stored) = (1L, 1L);
        foreach (var value in result.Values.Where(v => v.SizeBytes > 0 && v.SizeBytes % 4 == 0))
        {
            using var writer = new ActivationFileWriter(Stream.Null, StoredType.Float32, 1, EncodingPolicy.Size);
            var rows = (int)Math.Min(value.SizeBytes / 4, 1 << 20);
            writer.Append(new long[rows], new int[rows], value.Bytes[..(rows * 4)]);
            raw += rows * 4L;
            stored += writer.Complete().Bytes;
        }

        return Math.Min(1, (double)stored / raw);
    }
}
