using System.Collections.Immutable;

namespace Toolkit.Formats.Checkpoints.Scanning;

/// <summary>
/// What was found in a checkpoint that is not plain data. Nothing of it was executed, imported or resolved.
/// </summary>
/// <param name="Format">The format that the content shows.</param>
/// <param name="Findings">Every distinct name of code and every suspicious thing, the worst first.</param>
/// <param name="Failure">Why the file could not be read to its end, or null. What precedes the failure would still run
/// elsewhere.</param>
public sealed record ScanReport(string Format, ImmutableArray<ScanFinding> Findings, string? Failure)
{
    /// <summary>
    /// The worst of the findings; <see cref="ScanVerdict.Unknown"/> at least where the file could not be read.
    /// </summary>
    public ScanVerdict Verdict
    {
        get
        {
            var worst = Failure is null ? ScanVerdict.Safe : ScanVerdict.Unknown;
            foreach (var finding in Findings)
            {
                worst = finding.Verdict > worst ? finding.Verdict : worst;
            }

            return worst;
        }
    }
}
