using System.Text.Json;
using Toolkit.Analysis.Charts.Json;
using Toolkit.Formats;

namespace Toolkit.Analysis.Charts;

/// <summary>
/// The JSON form of a <see cref="ChartSpec"/>: camelCase, lists of numbers with null for gaps, matrices as base64
/// float32.
/// </summary>
public static class ChartJson
{
    /// <summary>Writes a specification; reading it back gives the same specification, matrices bit for bit.</summary>
    /// <param name="spec">The specification.</param>
    /// <returns>JSON in UTF-8.</returns>
    public static byte[] Write(ChartSpec spec) => JsonSerializer.SerializeToUtf8Bytes(spec, ChartJsonOptions.Value);

    /// <summary>Reads a specification and checks it.</summary>
    /// <param name="json">JSON in UTF-8.</param>
    /// <param name="source">What to call it in messages: the file's name.</param>
    /// <returns>A specification without faults.</returns>
    /// <exception cref="BadInputException">It is not JSON, not a chart, of a newer version, or contradicts
    /// itself.</exception>
    public static ChartSpec Read(ReadOnlySpan<byte> json, string source)
    {
        ChartSpec? spec;
        try
        {
            spec = JsonSerializer.Deserialize<ChartSpec>(json, ChartJsonOptions.Value);
        }
        catch (Exception bad) when (bad is JsonException
            or FormatException or InvalidOperationException or OverflowException)
        {
            throw new BadInputException($"{source}: not a chart specification: {bad.Message}", bad);
        }

        if (spec is null)
        {
            throw new BadInputException($"{source}: not a chart specification: it is null.");
        }

        var faults = ChartFaults.Find(spec).ToList();
        return faults.Count == 0 ? spec : throw new BadInputException($"{source}: {string.Join(" ", faults)}");
    }
}
