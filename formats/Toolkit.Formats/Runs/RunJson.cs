using System.Text.Json;
using System.Text.Json.Serialization;

namespace Toolkit.Formats.Runs;

/// <summary>The JSON of run directories: snake_case names, enumerations in kebab-case.</summary>
[JsonSourceGenerationOptions(
    WriteIndented = true,
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    IgnoreReadOnlyProperties = true,
    UseStringEnumConverter = true)]
[JsonSerializable(typeof(RunPlan))]
[JsonSerializable(typeof(RunManifest))]
[JsonSerializable(typeof(ShardRecord))]
[JsonSerializable(typeof(SegmentRecord))]
internal sealed partial class RunJson : JsonSerializerContext
{
    /// <summary>Writes a document whole or not at all.</summary>
    public static void Write<T>(string path, T value) => AtomicFile.WriteText(path, Text(value));

    /// <summary>A document as text.</summary>
    public static string Text<T>(T value) => JsonSerializer.Serialize(value, typeof(T), Default) + "\n";

    /// <summary>Reads a document.</summary>
    /// <exception cref="BadInputException">It is missing, truncated or not of this kind.</exception>
    public static T Read<T>(string path)
    {
        try
        {
            using var stream = File.OpenRead(path);
            return (T?)JsonSerializer.Deserialize(stream, typeof(T), Default)
                ?? throw new BadInputException($"{path}: it holds nothing.");
        }
        catch (Exception e) when (e is JsonException or FileNotFoundException or DirectoryNotFoundException)
        {
            throw new BadInputException($"{path}: this is not what a capture writes there: {e.Message}", e);
        }
    }
}
