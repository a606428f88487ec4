using Toolkit.Analysis.Progress;
using Toolkit.Analysis.Representations;

namespace Toolkit.Analysis.Tests.Progress;

public sealed class LearningProgressTests
{
    [Fact]
    public void Order_takes_one_irrep_at_a_checkpoint_and_puts_those_never_learnt_last()
    {
        RepresentationMetrics[] checkpoints =
        [
            At(0, 0.01, 0.02, 0),
            At(10, 0.2, 0.3, 0),
            At(20, 0.3, 0.4, 0.01),
        ];

        LearningProgress.Order(checkpoints, ["sign", "standard", "s5_6d"])
            .ShouldBe([("sign", 10.0), ("standard", 20.0), ("s5_6d", null)]);
    }

    private static RepresentationMetrics At(double epoch, double sign, double standard, double other) => new(
        new Dictionary<string, double>(StringComparer.Ordinal)
        {
            ["epoch"] = epoch,
            ["logit_sign_rep_trace_similarity"] = sign,
            ["logit_standard_rep_trace_similarity"] = standard,
            ["logit_s5_6d_rep_trace_similarity"] = other,
        },
        [],
        []);
}
