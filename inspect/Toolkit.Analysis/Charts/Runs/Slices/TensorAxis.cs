namespace Toolkit.Analysis.Charts.Runs.Slices;

/// <summary>One axis of a tensor, as a reader chooses it.</summary>
/// <param name="Name">What menus call it: "sample", "axis 1", "feature".</param>
/// <param name="Option">The option that fixes a place on it.</param>
/// <param name="Extent">How many places it has.</param>
/// <param name="Initial">The place where none is chosen.</param>
internal sealed record TensorAxis(string Name, string Option, int Extent, int Initial = 0);
