using System.Globalization;

namespace Toolkit.Analysis.Charts;

/// <summary>Where a chart's numbers came from, so that a picture found years later can be traced.</summary>
public sealed record ChartProvenance
{
    /// <summary>The run's name: the last part of its folder.</summary>
    public required string Run { get; init; }

    /// <summary>
    /// SHA-256 of the model file, lower-case hexadecimal, or null where the run has no model; of several runs, what
    /// names each.
    /// </summary>
    public string? ModelSha256 { get; init; }

    /// <summary>The ONNX name of the value shown, or null where the chart shows no single value.</summary>
    public string? Tensor { get; init; }

    /// <summary>How many observations stand behind the picture (samples, pairs, epochs), or null.</summary>
    public long? Count { get; init; }

    /// <summary>
    /// The epoch of training whose weights are shown, or null where they are those of the run's model.
    /// </summary>
    public long? Checkpoint { get; init; }

    /// <summary>How the data were reduced before drawing ("every 4th epoch"), or null where all are shown.</summary>
    public string? Reduction { get; init; }

    /// <summary>
    /// The provenance as the caption shows it: "Run s5, model 3fa9c1d2e0ab, value hidden, n = 14,400."
    /// </summary>
    /// <returns>One sentence; the hash is shortened to 12 digits.</returns>
    public override string ToString()
    {
        var parts = new List<string> { $"Run {Run}" };
        if (ModelSha256 is { Length: > 0 } hash)
        {
            parts.Add($"model {(hash.Length == 64 ? hash[..12] : hash)}");
        }

        if (Checkpoint is { } epoch)
        {
            parts.Add(string.Create(CultureInfo.InvariantCulture, $"checkpoint of epoch {epoch:N0}"));
        }

        if (Tensor is not null)
        {
            parts.Add($"value {Tensor}");
        }

        if (Count is { } count)
        {
            parts.Add(string.Create(CultureInfo.InvariantCulture, $"n = {count:N0}"));
        }

        if (Reduction is not null)
        {
            parts.Add($"reduced: {Reduction}");
        }

        return string.Join(", ", parts) + ".";
    }
}
