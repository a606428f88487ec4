namespace Toolkit.Query;

/// <summary>A view that queries can name.</summary>
/// <param name="Name">The name as SQL writes it; quoted with double quotes where it is no plain identifier.</param>
/// <param name="Description">What its rows are.</param>
public sealed record RunView(string Name, string Description);
