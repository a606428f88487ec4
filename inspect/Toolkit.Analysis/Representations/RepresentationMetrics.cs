namespace Toolkit.Analysis.Representations;

/// <summary>What a network has learnt of each irrep, under the published key names.</summary>
/// <param name="Values">Every key and its value, in the published order; keys of our own follow behind.</param>
/// <param name="KeyIrreps">The irreps that carry the logits.</param>
/// <param name="SelfTests">Identities checked on the way; empty for published (wrong) irreps.</param>
public sealed record RepresentationMetrics(
    IReadOnlyDictionary<string, double> Values, IReadOnlyList<string> KeyIrreps, IReadOnlyList<SelfTest> SelfTests)
{
    /// <summary>The value of a key.</summary>
    /// <param name="key">A published key such as "test_loss".</param>
    public double this[string key] => Values[key];
}
