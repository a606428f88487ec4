namespace Toolkit.Analysis.Charts.Runs;

/// <summary>
/// A chart that can be drawn for a run. Every public or internal class with a parameterless constructor that implements this
/// is found by <see cref="RunCharts"/> and offered by the viewer, the report and <c>inspect chart</c>; nothing else must know it.
/// </summary>
/// <remarks>Stateless and thread-safe. Texts from the run are passed on as they are; renderers escape them.</remarks>
public interface IRunChart
{
    /// <summary>The name on the command line and in addresses, kebab-case and unique: "weight-heat-map".</summary>
    string Name { get; }

    /// <summary>What it shows, for menus: "Weight heat map".</summary>
    string Title { get; }

    /// <summary>Where it belongs.</summary>
    ChartPage Page { get; }

    /// <summary>Where it stands among the charts of its page and in the report; smaller first.</summary>
    int Order { get; }

    /// <summary>True where it shows enough of the network to stand below the training curves, where a slider takes it through the checkpoints.</summary>
    bool FollowsTraining => false;

    /// <summary>Why it cannot be drawn for this run, with the command that makes what is missing; null where it can be.</summary>
    /// <param name="run">The run; only its descriptions are read, no data.</param>
    /// <returns>One sentence, or null.</returns>
    string? WhyNot(IRunData run);

    /// <summary>What can be chosen, with defaults that give a sensible picture. Asked only where <see cref="WhyNot"/> is null.</summary>
    /// <param name="run">The run; only its descriptions are read, no data.</param>
    /// <returns>The choices, each of another name.</returns>
    IReadOnlyList<ChartOption> Options(IRunData run);

    /// <summary>What can be chosen, where some choices depend on others (the neurons on the value).</summary>
    /// <param name="run">The run; only its descriptions are read, no data.</param>
    /// <param name="given">What was chosen already: option name → value, unchecked.</param>
    /// <returns>The choices; those of <see cref="Options"/> unless a chart says otherwise.</returns>
    IReadOnlyList<ChartOption> OptionsFor(IRunData run, IReadOnlyDictionary<string, string> given) => Options(run);

    /// <summary>
    /// How many panels the picture will have, where the descriptions tell: a page then keeps their room free before anything
    /// is read.
    /// </summary>
    /// <param name="run">The run; only its descriptions are read, no data.</param>
    /// <param name="given">What was chosen already: option name → value, unchecked.</param>
    /// <returns>Panels beside each other and in all (small multiples from seven on); null where only drawing tells.</returns>
    (int Columns, int Panels)? Panels(IRunData run, IReadOnlyDictionary<string, string> given) => null;

    /// <summary>True where the picture holds heat maps, or may: those of several runs cannot be laid over each other.</summary>
    /// <param name="run">The run; only its descriptions are read, no data.</param>
    /// <param name="given">What was chosen already: option name → value, unchecked.</param>
    /// <returns>False unless a chart says otherwise.</returns>
    bool HasHeatMaps(IRunData run, IReadOnlyDictionary<string, string> given) => false;

    /// <summary>What the report shows of it; asked only where <see cref="WhyNot"/> is null.</summary>
    /// <param name="run">The run; only its descriptions are read, no data.</param>
    /// <returns>Choices, one set per picture; one picture with the defaults unless a chart says otherwise.</returns>
    IReadOnlyList<IReadOnlyDictionary<string, string>> InReport(IRunData run) => [new Dictionary<string, string>(StringComparer.Ordinal)];

    /// <summary>Reads what the chart needs and describes it.</summary>
    /// <param name="run">The run.</param>
    /// <param name="choices">A value for every option, checked against <see cref="OptionsFor"/>.</param>
    /// <param name="cancellation">Stops the work.</param>
    /// <returns>The chart, with provenance.</returns>
    /// <exception cref="Formats.BadInputException">The run's data are damaged or contradict each other.</exception>
    Task<ChartSpec> DrawAsync(IRunData run, ChartChoices choices, CancellationToken cancellation);
}
