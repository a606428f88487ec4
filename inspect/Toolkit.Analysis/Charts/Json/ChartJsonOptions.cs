using System.Text.Json;
using System.Text.Json.Serialization;

namespace Toolkit.Analysis.Charts.Json;

/// <summary>How specifications are written: camelCase names, kebab-case enumerations, absent instead of null.</summary>
/// <remarks>
/// By reflection on purpose: generated readers set every init-only property, so that what a file leaves out would
/// become zero instead of its default.
/// </remarks>
internal static class ChartJsonOptions
{
    public static JsonSerializerOptions Value { get; } = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        AllowOutOfOrderMetadataProperties = true,
        MaxDepth = 32,
        RespectNullableAnnotations = true,
        Converters = { new GapNumberConverter(), new JsonStringEnumConverter(
            JsonNamingPolicy.KebabCaseLower, allowIntegerValues: false) },
    };
}
