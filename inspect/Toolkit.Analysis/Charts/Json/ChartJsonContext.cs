using System.Text.Json;
using System.Text.Json.Serialization;

namespace Toolkit.Analysis.Charts.Json;

/// <summary>How specifications are written: camelCase names, kebab-case enumerations, absent instead of null.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    AllowOutOfOrderMetadataProperties = true,
    MaxDepth = 32,
    RespectNullableAnnotations = true,
    Converters = [typeof(GapNumberConverter), typeof(KebabEnumConverter<AxisScale>), typeof(KebabEnumConverter<BarLayout>),
        typeof(KebabEnumConverter<LineStyle>), typeof(KebabEnumConverter<ColorScaleKind>)])]
[JsonSerializable(typeof(ChartSpec))]
internal sealed partial class ChartJsonContext : JsonSerializerContext;

/// <summary>Enumerations by name in kebab-case; numbers are refused.</summary>
/// <typeparam name="TEnum">The enumeration.</typeparam>
internal sealed class KebabEnumConverter<TEnum>() : JsonStringEnumConverter<TEnum>(JsonNamingPolicy.KebabCaseLower, allowIntegerValues: false)
    where TEnum : struct, Enum;
