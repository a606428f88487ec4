namespace Toolkit.Query;

/// <summary>A view and the files behind it.</summary>
/// <param name="Name">The unquoted name.</param>
/// <param name="Description">What its rows are.</param>
/// <param name="Select">The query behind it, with <c>{files}</c> already filled in.</param>
/// <param name="Files">Full paths of the files that it reads.</param>
internal sealed record ViewDefinition(string Name, string Description, string Select, IReadOnlyList<string> Files);
