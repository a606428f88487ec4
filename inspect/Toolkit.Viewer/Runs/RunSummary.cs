using System.Text.Json;
using Toolkit.Formats;
using Toolkit.Formats.Runs;
using Toolkit.Formats.Tables;

namespace Toolkit.Viewer.Runs;

/// <summary>One row of the overview.</summary>
/// <param name="Id">The run.</param>
internal sealed record RunSummary(string Id)
{
    /// <summary>The model's file name.</summary>
    public string Model { get; init; } = string.Empty;

    /// <summary>Where the samples came from: <c>group:S5</c>, a file.</summary>
    public string Inputs { get; init; } = string.Empty;

    /// <summary>When the run was completed, ISO 8601, UTC; empty where it is not.</summary>
    public string Completed { get; init; } = string.Empty;

    /// <summary>Samples planned.</summary>
    public long Samples { get; init; }

    /// <summary>Values of the graph that are stored.</summary>
    public int Stored { get; init; }

    /// <summary>Values of the graph in all.</summary>
    public int Values { get; init; }

    /// <summary>Bytes of the run's files, as its manifest says.</summary>
    public long Bytes { get; init; }

    /// <summary>The last training and test loss and test accuracy; NaN where unknown.</summary>
    public (double Train, double Test, double Accuracy) Losses { get; init; } = (double.NaN, double.NaN, double.NaN);

    /// <summary>The irreps that the network uses, where an analysis said so.</summary>
    public IReadOnlyList<string> KeyIrreps { get; init; } = [];

    /// <summary>Why the run cannot be shown; null where it can.</summary>
    public string? Fault { get; init; }

    /// <summary>Reads what there is; a fault becomes part of the summary.</summary>
    public static RunSummary Read(RunEntry run)
    {
        var summary = new RunSummary(run.Id);
        try
        {
            RunContainment.Check(run.FolderPath);
            var plan = RunReader.ReadPlan(run.FolderPath);
            summary = summary with
            {
                Model = Path.GetFileName(plan.Model.Path), Inputs = plan.Inputs.Source, Samples = plan.Samples,
                Values = plan.Tensors.Count, Stored = plan.Tensors.Count(tensor => tensor.StoredType is not null),
            };
            var reader = RunReader.Open(run.FolderPath);
            summary = summary with
            {
                Completed = reader.Manifest.Completed,
                Bytes = reader.Manifest.Shards.Files().Sum(file => file.Bytes),
                Stored = reader.Tensors.Count(tensor => tensor.IsStored),
            };
            return Analysed(summary, Path.Combine(run.FolderPath, "results"));
        }
        catch (Exception bad) when (bad is BadInputException or IOException or UnauthorizedAccessException)
        {
            return summary with { Fault = bad.Message };
        }
    }

    // What analyses found is a courtesy here: where it cannot be read, the run is shown without it.
    private static RunSummary Analysed(RunSummary summary, string results)
    {
        try
        {
            if (Path.Combine(results, "group.json") is var group && File.Exists(group))
            {
                using var stream = File.OpenRead(group);
                using var document = JsonDocument.Parse(stream);
                summary = summary with
                {
                    KeyIrreps = [.. Member(document.RootElement, "key_irreps")
                        is { ValueKind: JsonValueKind.Array } irreps
                        ? irreps.EnumerateArray().Where(irrep => irrep.ValueKind == JsonValueKind.String).Select(
                            irrep => irrep.GetString()!)
                        : []],
                    Losses = Member(document.RootElement, "metrics") is { } metrics
                        ? (Number(metrics, "train_loss"), Number(metrics, "test_loss"), Number(metrics, "test_acc"))
                        : summary.Losses,
                };
            }

            if (Path.Combine(results, "training.parquet") is var training && File.Exists(training))
            {
                var table = ParquetTable.Read(training);
                summary = summary with { Losses = (
                    Last(table, "train_loss"), Last(table, "test_loss"), Last(table, "test_accuracy")) };
            }
        }
        catch (Exception bad) when (bad is BadInputException
            or IOException or UnauthorizedAccessException or JsonException)
        {
            // The page of that analysis says what is wrong with it.
        }

        return summary;
    }

    private static double Last(Table table, string column) =>
        table.Contains(column) && table.RowCount > 0 ? table.Numbers(column)[^1] : double.NaN;

    private static JsonElement? Member(JsonElement parent, string name) =>
        parent.ValueKind == JsonValueKind.Object && parent.TryGetProperty(name, out var member) ? member : null;

    private static double Number(JsonElement parent, string name) =>
        Member(parent, name) is { ValueKind: JsonValueKind.Number } number ? number.GetDouble() : double.NaN;
}
