using Toolkit.Formats.Onnx.Graphs;

namespace Toolkit.Formats.Onnx.Editing;

/// <summary>Where iterations of loops may differ in shape, which the outputs of a loop must not.</summary>
public static class IterationShapes
{
    /// <summary>From this version on, a loop may carry sequences.</summary>
    private const long SequencesInLoops = 13;

    /// <summary>
    /// From this version on, a sequence may be passed through as it is, as a loop inside a loop needs.
    /// </summary>
    private const long IdentityOfSequences = 14;

    /// <summary>
    /// Whether <see cref="ModelEdit.Lift"/> may meet iterations that differ in shape with nothing to hold them: the run
    /// would then fail.
    /// </summary>
    /// <param name="value">A tensor of an inner graph.</param>
    /// <param name="type">What is known of it.</param>
    /// <param name="operatorSet">The version of ONNX's own operators that the model is written in.</param>
    /// <returns>True where they may differ; false at the top.</returns>
    public static bool MayDiffer(GraphValue value, LiftedType type, long operatorSet)
    {
        ArgumentNullException.ThrowIfNull(value);
        ArgumentNullException.ThrowIfNull(type);
        var (isInBranch, iterates, isCounted) = (false, false, true);
        for (var scope = value.Scope; scope.Owner is { } owner; scope = scope.Parent!)
        {
            var isLoop = owner.Is("Loop");
            if (owner.Is("If"))
            {
                isInBranch = true;
                continue;
            }

            if (isLoop && (isInBranch || !type.FixedShape) && CanCarryList(scope, operatorSet))
            {
                return false;
            }

            // What a loop inside handed out has as many items as that had iterations, which only the run tells.
            if (isInBranch || (isLoop && !type.FixedShape) || (iterates && (isLoop || !isCounted)))
            {
                return true;
            }

            (iterates, isCounted) = (true, isCounted && !isLoop);
        }

        return false;
    }

    /// <summary>Whether a loop can carry a list, and all loops around it can carry it on: a Scan cannot.</summary>
    /// <param name="scope">The body of the loop.</param>
    /// <param name="operatorSet">The version of ONNX's own operators that the model is written in.</param>
    internal static bool CanCarryList(GraphScope scope, long operatorSet)
    {
        if (operatorSet < SequencesInLoops)
        {
            return false;
        }

        for (var outer = scope.Parent; outer?.Owner is { } owner; outer = outer.Parent)
        {
            if (!owner.Is("If") && !(owner.Is("Loop") && operatorSet >= IdentityOfSequences))
            {
                return false;
            }
        }

        return true;
    }
}
