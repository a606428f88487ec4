namespace Toolkit.Models.Groups;

/// <summary>A conjugacy class of subgroups.</summary>
/// <param name="Conjugates">Every subgroup of the class, each as ascending element indices; at least one.</param>
public sealed record SubgroupClass(IReadOnlyList<int[]> Conjugates)
{
    /// <summary>The order of each of them.</summary>
    public int Order => Conjugates[0].Length;
}
