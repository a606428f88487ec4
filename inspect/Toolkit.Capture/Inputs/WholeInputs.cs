using Toolkit.Formats.Tables;
using Toolkit.Runtime;

namespace Toolkit.Capture.Inputs;

/// <summary>The inputs of one run, taken as they are: one sample.</summary>
internal sealed class WholeInputs(string source, string? sha256, IReadOnlyDictionary<string, InputValue> values)
    : IInputSource
{
    public string Source => source;

    public string? Sha256 => sha256;

    public long Samples => 1;

    public int? FixedBatch => 1;

    public IReadOnlyDictionary<string, InputValue> Read(long firstSample, int samples) => values;

    public IReadOnlyList<TableColumn> Describe(long firstSample, int samples) => [];
}
