using Toolkit.Models.Representations;

namespace Toolkit.Analysis.Charts.Runs.Representations;

/// <summary>
/// The characters of the group's real irreps on its conjugacy classes. A property of the group, not of the network.
/// </summary>
internal sealed class CharacterTableChart : IRunChart
{
    /// <summary>Irreps of a group beyond which the picture would be a carpet, and finding them slow.</summary>
    private const int MostClasses = 150;

    /// <inheritdoc/>
    public string Name => "character-table";

    /// <inheritdoc/>
    public string Title => "Character table";

    /// <inheritdoc/>
    public ChartPage Page => ChartPage.Representations;

    /// <inheritdoc/>
    public int Order => 60;

    /// <inheritdoc/>
    public string? WhyNot(IRunData run) => run.Group is not { } group ? "the run is not of all pairs of a group."
        : group.Structure.ClassCount > MostClasses
        ? $"{group.Name} has {group.Structure.ClassCount} conjugacy classes; up to {MostClasses} are drawn. "
            + $"`inspect group-table {group.Name} --characters` prints them."
            : null;

    /// <inheritdoc/>
    public IReadOnlyList<ChartOption> Options(IRunData run) => [];

    /// <inheritdoc/>
    public bool HasHeatMaps(IRunData run, IReadOnlyDictionary<string, string> given) => true;

    /// <inheritdoc/>
    public async Task<ChartSpec> DrawAsync(IRunData run, ChartChoices choices, CancellationToken cancellation)
    {
        var group = run.Group!;
        var irreps = await Task.Run(() => IrrepTable.Of(group.Structure), cancellation);
        var classes = Enumerable.Range(0, group.Structure.ClassCount)
            .Select(c => $"{group.Structure.ClassName(c)} ×{group.Structure.Class(c).Length}").ToList();
        return ChartSpec.Single(
            $"Characters of {group.Name}",
            ChartAxis.Named("conjugacy class: first element × size", classes),
            ChartAxis.Named("irrep", [.. irreps.Select(irrep => irrep.Name)]),
            new HeatMapMark
            {
                Matrix = ChartMatrix.Build(irreps.Count, classes.Count, (i, c) => (float)irreps[i].ClassCharacters[c]),
                Colors = ColorScale.Diverging("χ"),
            }) with
        {
            Caption = "Real irreps: those of complex type stand for a pair of conjugate ones and have ⟨χ, χ⟩ = 2, of "
                + "quaternionic type 4.",
            Provenance = run.Provenance(),
        };
    }
}
