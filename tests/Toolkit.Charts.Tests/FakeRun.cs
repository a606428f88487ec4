using System.Text.Json;
using Toolkit.Analysis.Charts;
using Toolkit.Analysis.Charts.Runs;
using Toolkit.Formats;
using Toolkit.Formats.Runs.Statistics;
using Toolkit.Formats.Tables;
using Toolkit.Models.Groups;

namespace Toolkit.Charts.Tests;

/// <summary>A run in memory, with values from formulas.</summary>
internal sealed class FakeRun : IRunData
{
    public required string Name { get; init; }

    public string? ModelSha256 { get; init; } = new('b', 64);

    public RunGroup? Group { get; init; }

    public IReadOnlyList<RunFact> Facts { get; init; } = [new("model", "model.onnx"), new("runtime", "ONNX Runtime")];

    public IReadOnlyList<RunValue> Values { get; init; } = [];

    public IReadOnlyList<RunTensor> Activations { get; init; } = [];

    public IReadOnlyList<RunTensor> Weights { get; init; } = [];

    public long SampleCount { get; init; }

    public IReadOnlyList<string> SampleColumns { get; init; } = ["sample_id"];

    public RunEffects? Effects { get; init; }

    public Dictionary<string, Table> Tables { get; init; } = [];

    public Dictionary<string, string> Summaries { get; init; } = [];

    public IReadOnlySet<string> Results => Tables.Keys.ToHashSet(StringComparer.Ordinal);

    public Func<string, int, int, float> Value { get; init; } = (name, row, column) => MathF.Sin(
        (row * 0.37f) + (column * 0.11f) + name.Length);

    /// <summary>A network on C6 with everything that charts ask of a run.</summary>
    public static FakeRun OnGroup(string definition = "S3", string name = "s3-mlp")
    {
        var group = new RunGroup(FiniteGroup.Parse(definition));
        var n = group.Order;
        double[] epochs = [0, 1, 10, 100, 1000];
        return new FakeRun
        {
            Name = name,
            Group = group,
            SampleCount = n * n,
            SampleColumns = ["sample_id", "a", "b", "product", "split"],
            Activations = [new("embed_stack", "float32", [8], null), new("hidden", "float32", [16], "hidden"), new(
                "logits", "float32", [n], "logits")],
            Weights = [new("W_x", "float32", [n, 4], null), new("W", "float32", [8, 16], null), new(
                "W_U", "float32", [16, n], null)],
            Values =
            [
                new("a", null, "int64", "batch", true, null),
                new("hidden", "Relu", "float32", "batch, 16", true, null),
                new("gone", "If", "float32", null, false, "inside a branch")
            ],
            Tables = new Dictionary<string, Table>(StringComparer.Ordinal)
            {
                ["training"] = new(
                    TableColumn.Create("epoch", epochs),
                    TableColumn.Create("train_loss", [1.8, 1.7, 0.5, 1e-4, 1e-6]),
                    TableColumn.Create("test_loss", [1.8, 1.9, 2.5, 0.1, 1e-5]),
                    TableColumn.Create("train_accuracy", [0.1, 0.2, 0.9, 1, 1]),
                    TableColumn.Create("test_accuracy", [0.1, 0.1, 0.2, 0.98, 1]),
                    TableColumn.Create("sum_of_squared_weights", [100, 110, 130, 90, 50.0])),
                ["progress_irreps"] = new(
                [
                    TableColumn.Create("epoch", [0L, 0, 10, 10, 100, 100]),
                    TableColumn.Create("irrep", ["sign", "standard", "sign", "standard", "sign", "standard"]),
                    .. new[] { "trace_similarity", "percent_x_embed", "percent_y_embed", "percent_unembed", "total_percent_hidden", "logit_excluded_loss", "logit_restricted_loss", "hidden_excluded_loss", "hidden_restricted_loss" }
                        .Select(column => TableColumn.Create(column, [0.01, 0.02, 0.2, 0.03, 0.4, 0.5])),
                ]),
                ["cosets"] = new(
                    TableColumn.Create("side", ["left", "left", "left", "right"]),
                    TableColumn.Create("neuron", [0, 1, 2, 0]),
                    TableColumn.Create("energy", [3.0, 2, 0, 3]),
                    TableColumn.Create("subgroup_order", [2, 3, 0, 3]),
                    TableColumn.Create("part_var", [0.3, 0.001, double.NaN, 0.02]),
                    TableColumn.Create("isotypic_null", [0.2, 0.4, double.NaN, 0.3]),
                    TableColumn.Create("random_null", [0.4, 0.5, double.NaN, 0.6])),
                ["logit_form"] = new(
                    TableColumn.Create("irrep", ["sign", "standard"]),
                    TableColumn.Create("explained_full", [0.25, 0.6]),
                    TableColumn.Create("explained_trace", [0.25, 0.58]),
                    TableColumn.Create("explained_bi_equivariant", [0.25, 0.7])),
                ["group"] = new(
                    TableColumn.Create("irrep", ["trivial", "sign", "standard"]),
                    TableColumn.Create("is_key", [false, true, true]),
                    TableColumn.Create("percent_x_embed", [0, 0.2, 0.8]),
                    TableColumn.Create("percent_unembed", [0.1, 0.2, 0.7]),
                    TableColumn.Create("trace_similarity", new double?[] { null, 0.5, 0.7 }),
                    TableColumn.Create("logit_excluded_loss", new double?[] { null, 0.01, 5 }),
                    TableColumn.Create("logit_restricted_loss", new double?[] { null, 1.2, 1e-4 })),
            },
            Summaries = new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["group"] = "{\"percent_logits_explained\": 0.5138, \"key\": {\"total_hidden_restricted_loss\": 1e-7}}",
            },
        };
    }

    /// <summary>A network on something else: samples without structure, no weights, no results.</summary>
    public static FakeRun OnSamples() => new()
    {
        Name = "squeezenet",
        SampleCount = 50,
        Activations = [new("conv1", "float32", [3, 4, 64], null), new("mask", "bool", [], null)],
        Values = [new("conv1", "Conv", "float16", "N, 64, 3, 4", true, null)],
    };

    public Task<Table> ResultAsync(string analysis, CancellationToken cancellation) =>
        Tables.TryGetValue(analysis, out var table)
            ? Task.FromResult(table)
            : throw new BadInputException($"{Name}: there are no results '{analysis}'.");

    public Task<JsonElement?> SummaryAsync(string analysis, CancellationToken cancellation) =>
        Task.FromResult(Summaries.TryGetValue(analysis, out var text)
            ? JsonDocument.Parse(text).RootElement.Clone()
            : (JsonElement?)null);

    public Task<TensorStatistics?> StatisticsAsync(string tensor, CancellationToken cancellation)
    {
        var histogram = new LogHistogram();
        float[] values = [.. Enumerable.Range(0, 1000).Select(i => Value(tensor, i, 0))];
        histogram.Add(values);
        return Task.FromResult<TensorStatistics?>(new TensorStatistics(
            new ValueStatistics(1000, 0, 0, 0, 3, values.Min(), values.Max(), values.Average(), 500),
            histogram,
            1,
            null));
    }

    public Task<RunEffects?> EffectsAsync(CancellationToken cancellation) => Task.FromResult(Effects);

    public Task<IReadOnlyList<string>> SampleColumnAsync(
        string column, IReadOnlyList<long> samples, CancellationToken cancellation) =>
        Task.FromResult<IReadOnlyList<string>>([.. samples
            .Select(i => column == "split" ? (i % 3 == 0 ? "test" : "train") : i.ToString())]);

    public Task<ChartMatrix> ActivationAsync(
        string tensor, long firstSample, int count, CancellationToken cancellation) =>
        Task.FromResult(
            ChartMatrix.Build(
                count,
                (int)Activations.First(t => t.Name == tensor).Count,
                (i, j) => Value(tensor, (int)firstSample + i, j)));

    public Task<ChartMatrix> ChannelsAsync(
        string tensor, IReadOnlyList<int> features, CancellationToken cancellation) =>
        Task.FromResult(ChartMatrix.Build(features.Count, (int)SampleCount, (i, j) => Value(tensor, j, features[i])));

    public Task<ChartMatrix> WeightAsync(string name, CancellationToken cancellation)
    {
        var weight = Weights.First(w => w.Name == name);
        return Task.FromResult(ChartMatrix.Build(weight.Rows, weight.Channels, (i, j) => Value(name, i, j)));
    }

    public Task<ChartMatrix?> RoleAsync(string role, CancellationToken cancellation) =>
        Task.FromResult(
            Group is null ? null : ChartMatrix.Build(Group.Order, 16, (i, j) => j == 3 ? 0 : 2 * Value(role, i, j)));
}
