using Toolkit.Models.Groups;

namespace Toolkit.Inspect.Results;

/// <summary>
/// Shapes cannot tell a configuration of another group with as many elements; the network's answers can.
/// </summary>
internal static class WrongAnswers
{
    /// <summary>
    /// Training pairs are learnt by heart within some hundred steps; fewer right answers are worth a word.
    /// </summary>
    private const double LeastTrainAccuracy = 0.5;

    /// <summary>What to doubt, in a sentence; null where nothing.</summary>
    /// <param name="model">The model's file.</param>
    /// <param name="group">The group that the configuration names.</param>
    /// <param name="trainAccuracy">Share of the training pairs whose largest logit is the product, 0 to 1.</param>
    public static string? Of(string model, FiniteGroup group, double trainAccuracy) =>
        group.Order <= 2 || trainAccuracy >= LeastTrainAccuracy ? null
            : $"{model}: it answers {TableView.Percent(trainAccuracy)} % of the training pairs as {group.Name} does "
                + $"(by chance {TableView.Percent(1.0 / group.Order)} %). Unless its training has only begun, the "
                + "configuration names another group or another order of its elements, or the graph takes b before a.";
}
