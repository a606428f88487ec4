using System.Globalization;
using Toolkit.Analysis.Charts.Runs;
using Toolkit.Formats.Runs;

namespace Toolkit.Charts.Runs;

/// <summary>What is known about how a run was made.</summary>
internal static class RunFacts
{
    public static IReadOnlyList<RunFact> Of(RunReader reader, RunModel model)
    {
        var plan = reader.Manifest.Plan;
        List<RunFact> facts =
        [
            new("model", plan.Model.Path),
            new("model SHA-256", plan.Model.Sha256),
            new("inputs", plan.Inputs.Source + (plan.Inputs.Sha256 is { } hash ? $" (SHA-256 {hash})" : string.Empty)),
            new("samples", $"{plan.Samples.ToString("N0", CultureInfo.InvariantCulture)} in batches of {plan.Batch}"),
            new(
                "runtime",
                $"{plan.Runtime.Name} {plan.Runtime.Version} on {plan.Runtime.Device}, optimisation "
                    + $"{plan.Runtime.Optimization}"),
            new("mode", plan.StatsOnly ? $"{plan.Mode}, statistics only" : plan.Mode),
            new("captured", reader.Manifest.Completed),
            new("by", plan.Tool),
        ];
        if (plan.Options.Count > 0)
        {
            facts.Add(new("options", string.Join(" ", plan.Options)));
        }

        if (plan.OutputDifference is { } difference)
        {
            facts.Add(new(
                "outputs with and without exposed values differ by",
                difference.ToString("G3", CultureInfo.InvariantCulture)));
        }

        if (model.Metadata is { } metadata)
        {
            facts.Add(new("group", $"{metadata.Group.Name} of order {metadata.Group.Order}"));
            facts.Add(new(
                "split",
                $"{metadata.Split.TrainCount:N0} training pairs, seed {metadata.Split.Seed}: {metadata.Split.Rule}"));
            facts.Add(new("configuration", metadata.Config));
            facts.Add(new("lineage", metadata.Lineage.ToJsonString()));
        }

        return facts;
    }
}
