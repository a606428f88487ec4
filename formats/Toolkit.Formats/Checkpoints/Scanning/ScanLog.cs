using System.Collections.Immutable;
using System.Runtime.InteropServices;

namespace Toolkit.Formats.Checkpoints.Scanning;

/// <summary>Collects findings while a file is read; survives the failure of the reading.</summary>
internal sealed class ScanLog
{
    private readonly Dictionary<(string Subject, string Where), ScanFinding> _findings = [];

    public string Format { get; set; } = "unknown";

    public void Add(string subject, string where, long position, ScanVerdict verdict, string reason)
    {
        ref var slot = ref CollectionsMarshal.GetValueRefOrAddDefault(_findings, (subject, where), out _);
        slot = slot is null
            ? new ScanFinding(subject, verdict, where, position, 1, IsCalled: false, reason)
            : slot with { Occurrences = slot.Occurrences + 1 };
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
