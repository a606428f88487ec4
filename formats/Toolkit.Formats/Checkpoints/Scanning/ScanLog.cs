using System.Collections.Immutable;
using System.Runtime.InteropServices;

namespace Toolkit.Formats.Checkpoints.Scanning;

/// <summary>Collects findings while a file is read; survives the failure of the reading.</summary>
internal sealed class ScanLog
{
    private readonly Dictionary<(string Subject, string Where), ScanFinding> _findings = [];

    public string Format { get; set; } = "unknown";

    /// <summary>Different findings so far.</summary>
    public int Count => _findings.Count;

    public IEnumerable<ScanFinding> Findings => _findings.Values;

    public void Add(string subject, string where, long position, ScanVerdict verdict, string reason) =>
        Add(new ScanFinding(subject, verdict, where, position, 1, IsCalled: false, reason));

    /// <summary>
    /// Adds a finding; of several about the same subject in the same place the first position and the worst verdict
    /// stay.
    /// </summary>
    public void Add(ScanFinding finding)
    {
        ref var slot = ref CollectionsMarshal.GetValueRefOrAddDefault(
            _findings, (finding.Subject, finding.Where), out _);
        slot = slot is null
            ? finding
            : (finding.Verdict > slot.Verdict ? finding with { Position = slot.Position } : slot) with
            {
                Occurrences = slot.Occurrences + finding.Occurrences,
                IsCalled = slot.IsCalled || finding.IsCalled,
            };
    }

    public void Called(string subject, string where)
    {
        ref var slot = ref CollectionsMarshal.GetValueRefOrNullRef(_findings, (subject, where));
        if (!System.Runtime.CompilerServices.Unsafe.IsNullRef(ref slot) && !slot.IsCalled)
        {
            slot = slot with { IsCalled = true };
        }
    }

    public ScanReport ToReport(string? failure)
    {
        ImmutableArray<ScanFinding> findings =
        [
            .. _findings.Values
                .OrderByDescending(finding => finding.Verdict)
                .ThenBy(finding => finding.Where, StringComparer.Ordinal)
                .ThenBy(finding => finding.Position),
        ];
        return new ScanReport(Format, findings, failure);
    }
}
