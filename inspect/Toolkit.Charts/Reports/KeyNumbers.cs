using System.Text.Json;
using Toolkit.Analysis.Charts.Runs;
using Toolkit.Charts.Ticks;

namespace Toolkit.Charts.Reports;

/// <summary>The numbers that a reader wants first, from whatever results the run has.</summary>
internal static class KeyNumbers
{
    private static readonly (string Key, string Label, bool IsShare)[] Known =
    [
        ("train_loss", "training loss", false),
        ("test_loss", "test loss", false),
        ("train_acc", "training accuracy", true),
        ("test_acc", "test accuracy", true),
        ("total_hidden_excluded_loss", "excluded loss", false),
        ("total_hidden_restricted_loss", "restricted loss", false),
        ("percent_logits_explained", "logits explained by irreps", true),
        ("percent_hidden_explained", "hidden layer explained", true),
        ("percent_x_embed_explained", "left embedding explained", true),
        ("percent_unembed_explained", "unembedding explained", true),
    ];

    /// <summary>
    /// Reads them: the last row of the training metrics, then the summary of the representation analysis.
    /// </summary>
    public static async Task<IReadOnlyList<(string Label, string Value)>> ReadAsync(
        IRunData run, CancellationToken cancellation)
    {
        var found = new Dictionary<string, double>(StringComparer.Ordinal);
        if (run.Results.Contains("training"))
        {
            var table = await run.ResultAsync("training", cancellation);
            foreach (var (column, key) in new[] { ("train_loss", "train_loss"), (
                "test_loss", "test_loss"), ("train_accuracy", "train_acc"), ("test_accuracy", "test_acc") })
            {
                if (table.RowCount > 0 && table.Contains(column))
                {
                    found[key] = table.Numbers(column)[^1];
                }
            }
        }

        if (await run.SummaryAsync("group", cancellation) is { ValueKind: JsonValueKind.Object } summary)
        {
            foreach (var property in Flat(summary, depth: 2))
            {
                found[property.Key] = property.Value;
            }
        }

        return [.. Known.Where(known => found.ContainsKey(known.Key)).Select(known =>
            (known.Label, known.IsShare
                ? $"{found[known.Key] * 100:0.00;-0.00;0.00} %"
                : NumberText.Short(found[known.Key])))];
    }

    /// <summary>Every number in a summary, by its own name.</summary>
    public static IEnumerable<KeyValuePair<string, double>> Flat(JsonElement element, int depth)
    {
        foreach (var property in element.EnumerateObject())
        {
            if (property.Value.ValueKind == JsonValueKind.Number && property.Value.TryGetDouble(out var number))
            {
                yield return new(property.Name, number);
            }
            else if (property.Value.ValueKind == JsonValueKind.Object && depth > 1)
            {
                foreach (var inner in Flat(property.Value, depth - 1))
                {
                    yield return inner;
                }
            }
        }
    }
}
