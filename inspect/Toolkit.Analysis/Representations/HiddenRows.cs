namespace Toolkit.Analysis.Representations;

/// <summary>
/// Shows the hidden layer of all pairs once, in row-major order: called again it runs or reads again.
/// </summary>
/// <param name="visitor">Called for every left element, ascending.</param>
public delegate void HiddenRows(HiddenRowVisitor visitor);
