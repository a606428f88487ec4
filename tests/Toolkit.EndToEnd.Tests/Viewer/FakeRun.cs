using System.Net;
using System.Text.Json;
using Toolkit.Analysis.Charts;
using Toolkit.Analysis.Charts.Runs;
using Toolkit.Formats.Runs.Statistics;
using Toolkit.Formats.Tables;
using Toolkit.Viewer;

namespace Toolkit.EndToEnd.Tests.Viewer;

/// <summary>A run that exists only in memory, with names as hostile as they can be.</summary>
internal sealed class FakeRun(string name) : IRunData
{
    public const string HostileName = "<script>window.hacked=1</script>\"'><img src=x onerror=window.hacked=2>&amp;";

    /// <summary>A viewer whose runs, folders with a folder "shards", are all of this kind.</summary>
    public static Task<ViewerServer> Serve(
        string folder, RunCharts charts, Action<string> log, IPAddress? host = null) => ViewerServer.StartAsync(
            new ViewerOptions { Runs = [folder], Port = 0, Host = host },
            (path, _) => Task.FromResult<IRunData>(new FakeRun(Path.GetFileName(path))),
            charts,
            log,
            TestContext.Current.CancellationToken);

    public string Name => name;

    public string? ModelSha256 => new('a', 64);

    public RunGroup? Group => null;

    public IReadOnlyList<RunTensor> Activations { get; } =
    [
        new("hidden", "float32", [128], "hidden"),
        new(HostileName, "float32", [16], null),
        new("image", "float32", [6, 8, 48], null, IsSpatial: true),
    ];

    public IReadOnlyList<RunTensor> Weights { get; } = [new("W_x", "float32", [24, 64], null)];

    public IReadOnlyList<RunFact> Facts => [new("model", HostileName)];

    public IReadOnlyList<RunValue> Values => [];

    public long SampleCount => 576;

    public IReadOnlyList<string> SampleColumns => [];

    public IReadOnlySet<string> Results => new HashSet<string>();

    public Task<Table> ResultAsync(string analysis, CancellationToken cancellation) =>
        throw new NotSupportedException();

    public Task<TensorStatistics?> StatisticsAsync(string tensor, CancellationToken cancellation) =>
        Task.FromResult<TensorStatistics?>(null);

    public Task<JsonElement?> SummaryAsync(string analysis, CancellationToken cancellation) =>
        Task.FromResult<JsonElement?>(null);

    public Task<IReadOnlyList<string>> SampleColumnAsync(
        string column, IReadOnlyList<long> samples, CancellationToken cancellation) =>
        throw new NotSupportedException();

    public Task<ChartMatrix> ActivationAsync(
        string tensor, long firstSample, int count, CancellationToken cancellation) =>
        Task.FromResult(ChartMatrix.Build(
            count,
            (int)Activations.First(value => value.Name == tensor).Count,
            (sample, at) => firstSample + sample + at));

    /// <summary>How often channels were read.</summary>
    public int Reads { get; private set; }

    public Task<ChartMatrix> ChannelsAsync(string tensor, IReadOnlyList<int> features, CancellationToken cancellation)
    {
        Reads++;
        return Task.FromResult(
            ChartMatrix.Build(features.Count, (int)SampleCount, (row, sample) => features[row] * 1000 + sample));
    }

    public Task<ChartMatrix> WeightAsync(string name, CancellationToken cancellation) =>
        throw new NotSupportedException();
}
