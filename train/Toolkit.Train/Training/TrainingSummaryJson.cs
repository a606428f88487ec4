using System.Text.Json;
using System.Text.Json.Serialization;

namespace Toolkit.Train.Training;

/// <summary>The text of <c>training.json</c>: the same names as <c>--json</c>.</summary>
internal static class TrainingSummaryJson
{
    private static readonly JsonSerializerOptions Options = new()
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    };

    public static string Write(TrainingSummary summary) => JsonSerializer.Serialize(summary, Options);

    /// <summary>Reads a summary.</summary>
    /// <returns>Null where the file is absent or is not one.</returns>
    public static TrainingSummary? TryRead(string path)
    {
        try
        {
            return File.Exists(path)
                ? JsonSerializer.Deserialize<TrainingSummary>(File.ReadAllText(path), Options)
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
