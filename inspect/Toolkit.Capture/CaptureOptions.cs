using Toolkit.Capture.Inputs;
using Toolkit.Capture.Interventions;
using Toolkit.Capture.Planning;
using Toolkit.Runtime;

namespace Toolkit.Capture;

/// <summary>What to capture and how.</summary>
public sealed record CaptureOptions
{
    /// <summary>The model's file.</summary>
    public required string ModelPath { get; init; }

    /// <summary>The run directory: new, empty, or an unfinished run of the same capture.</summary>
    public required string Folder { get; init; }

    /// <summary>Makes the samples, given the model's inputs.</summary>
    public required Func<IReadOnlyList<ValueDescription>, IInputSource> Inputs { get; init; }

    /// <summary>
    /// Which values, as patterns on names, or <c>op:</c>, <c>scope:</c>, <c>role:</c>; all where empty (default).
    /// </summary>
    public IReadOnlyList<string> Values { get; init; } = [];

    /// <summary>How much the capture may disturb how the model runs. Default: every value.</summary>
    public ExposureMode Mode { get; init; } = ExposureMode.All;

    /// <summary>
    /// Count the nodes that the runtime makes of the model with and without the captured values (default false). As
    /// deployed, and with a memory budget, which goes by what is fused, they always are. Costs two temporary copies of
    /// the model.
    /// </summary>
    public bool CountNodes { get; init; }

    /// <summary>Keep statistics only (default false).</summary>
    public bool StatisticsOnly { get; init; }

    /// <summary>
    /// Values whose channels' covariance is kept, as patterns like those of <see cref="Values"/>; none where empty
    /// (default).
    /// </summary>
    public IReadOnlyList<string> Covariance { get; init; } = [];

    /// <summary>
    /// Samples in one run of the model; null (default) for as many as give about 32 MiB of values and take
    /// the model no more than 128 MiB for its own, at most 8,192.
    /// </summary>
    public int? Batch { get; init; }

    /// <summary>
    /// Memory that the process may take, in bytes; null (default) for no limit. Values are divided into passes, each a
    /// model that gives some of them and that every batch runs through; what is stored is the same.
    /// </summary>
    public long? MemoryBudgetBytes { get; init; }

    /// <summary>
    /// How often every batch is run, to measure how much values differ between runs of the same inputs. Default: 1, not
    /// measured.
    /// </summary>
    public int Repeat { get; init; } = 1;

    /// <summary>
    /// Samples of one segment; null (default) for 65,536, or fewer where values are large. Rounded up to whole batches.
    /// </summary>
    public long? SegmentSamples { get; init; }

    /// <summary>Choose encodings for speed instead of size (default false).</summary>
    public bool ForSpeed { get; init; }

    /// <summary>
    /// Write values by channels too, so that one is read without the others; null (default) to do so from 100,000
    /// samples on, unless <see cref="ForSpeed"/>: it doubles the bytes.
    /// </summary>
    public bool? ByChannel { get; init; }

    /// <summary>Where the model runs: cpu (default), cuda, cuda:N, auto.</summary>
    public string Device { get; init; } = "cpu";

    /// <summary>Threads inside one operation; 0 (default) is one per physical core.</summary>
    public int Threads { get; init; }

    /// <summary>Which shard, from 0 (default).</summary>
    public int Shard { get; init; }

    /// <summary>How many shards there are (default 1).</summary>
    public int Shards { get; init; } = 1;

    /// <summary>Go on with an unfinished capture (default false).</summary>
    public bool Resume { get; init; }

    /// <summary>Extents of symbolic dimensions by name.</summary>
    public IReadOnlyDictionary<string, long> Dimensions { get; init; } = new Dictionary<string, long>(
        StringComparer.Ordinal);

    /// <summary>
    /// The axis of inputs that counts samples, by input name; see <see cref="Inputs.SampleAxes"/> for those not given.
    /// </summary>
    public IReadOnlyDictionary<string, int> SampleAxes { get; init; } = new Dictionary<string, int>(
        StringComparer.Ordinal);

    /// <summary>
    /// The feature axis of values by pattern, from 0, or −1 for the last. Of those that match, and are an axis that does
    /// not count samples, the last wins. Default: 1 for images, else the last.
    /// </summary>
    public IReadOnlyList<(string Pattern, int Axis)> FeatureAxes { get; init; } = [];

    /// <summary>Values whose samples may differ in shape, by pattern, beside those where the graph says so.</summary>
    public IReadOnlyList<string> Ragged { get; init; } = [];

    /// <summary>
    /// State that goes from an output to an input from one sample to the next, in order; makes every run one sample.
    /// </summary>
    public IReadOnlyList<(string Output, string Input)> Carry { get; init; } = [];

    /// <summary>What is done to values before the rest of the graph reads them, in order.</summary>
    public IReadOnlyList<Intervention> Interventions { get; init; } = [];

    /// <summary>Is told what the preparation is at, in words; null for nobody.</summary>
    public IProgress<string>? Planning { get; init; }

    /// <summary>Program and version, for the manifest.</summary>
    public string Tool { get; init; } = "inspect";

    /// <summary>Gives the time of completion.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    internal bool AsksForRagged(PlannedValue value) =>
        Ragged.Any(pattern => Wildcard.Matches(pattern, value.Key) || Wildcard.Matches(pattern, value.Name));
}
