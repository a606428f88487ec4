namespace Toolkit.Formats.Checkpoints.Scanning;

/// <summary>One name of code, or one suspicious thing, that a checkpoint holds.</summary>
/// <param name="Subject">The global, <c>module.name</c>, or the archive entry.</param>
/// <param name="Verdict">What it means.</param>
/// <param name="Where">The archive entry or part of the file: <c>archive/data.pkl</c>.</param>
/// <param name="Position">The first occurrence, bytes from the start of that part.</param>
/// <param name="Occurrences">How often it occurs.</param>
/// <param name="IsCalled">True where the file asks for it to be called.</param>
/// <param name="Reason">Why the verdict is what it is, one sentence.</param>
public sealed record ScanFinding(
    string Subject,
    ScanVerdict Verdict,
    string Where,
    long Position,
    int Occurrences,
    bool IsCalled,
    string Reason);
