using Toolkit.Capture.Inputs;
using Toolkit.Formats.Tables;
using Toolkit.Formats.Tensors;
using Toolkit.Runtime;

namespace Toolkit.Capture.Interventions;

/// <summary>Samples together with replacements that come in per sample.</summary>
internal sealed class PatchedInputs(IInputSource inner, IReadOnlyDictionary<string, Patch> patches) : IInputSource
{
    public string Source => inner.Source;

    public string? Sha256 => inner.Sha256;

    public string? LabelsSha256 => inner.LabelsSha256;

    public long Samples => inner.Samples;

    public int? FixedBatch => inner.FixedBatch;

    public IReadOnlyDictionary<string, InputValue> Read(long firstSample, int samples)
    {
        var values = new Dictionary<string, InputValue>(inner.Read(firstSample, samples), StringComparer.Ordinal);
        foreach (var (name, patch) in patches)
        {
            values.Add(name, patch.Read(firstSample, samples));
        }

        return values;
    }

    public IReadOnlyList<TableColumn> Describe(long firstSample, int samples) => inner.Describe(firstSample, samples);

    public void Dispose()
    {
        ClosePatches();
        inner.Dispose();
    }

    /// <summary>Closes the files of the replacements, and leaves those of the samples open.</summary>
    public void ClosePatches()
    {
        foreach (var patch in patches.Values)
        {
            patch.Array.Dispose();
        }
    }
}
