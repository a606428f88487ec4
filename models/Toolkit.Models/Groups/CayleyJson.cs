using System.Text.Json.Serialization;

namespace Toolkit.Models.Groups;

/// <summary>Compiled JSON reading of tables.</summary>
[JsonSerializable(typeof(int[][]))]
internal sealed partial class CayleyJson : JsonSerializerContext;
