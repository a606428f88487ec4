namespace Toolkit.Models.Groups;

/// <summary>
/// In which order a group's elements are numbered. Indices of checkpoints, tables and labels mean nothing without it.
/// </summary>
public enum ElementOrdering
{
    /// <summary>
    /// The order of the published checkpoints (arXiv 2302.03025). Permutation groups: the order in which a base and
    /// strong generating set enumerate them, level 0 fastest; the identity need not be first. Other families have one
    /// order only.
    /// </summary>
    Published,

    /// <summary>
    /// Permutation groups sorted by their one-line form; the identity is 0. Other families have one order only.
    /// </summary>
    Lexicographic,
}
