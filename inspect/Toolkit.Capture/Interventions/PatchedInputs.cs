using Toolkit.Capture.Inputs;
using Toolkit.Formats.Tables;
using Toolkit.Formats.Tensors;
using Toolkit.Runtime;

namespace Toolkit.Capture.Interventions;

/// <summary>Samples together with replacements that come in per sample.</summary>
internal sealed class PatchedInputs(IInputSource inner, IReadOnlyDictionary<string, HostTensor> patches) : IInputSource
{
    public string Source => inner.Source;

    public string? Sha256 => inner.Sha256;

    public long Samples => inner.Samples;

    public int? FixedBatch => inner.FixedBatch;

    public IReadOnlyDictionary<string, InputValue> Read(long firstSample, int samples)
    {
        var values = new Dictionary<string, InputValue>(inner.Read(firstSample, samples), StringComparer.Ordinal);
        foreach (var (name, array) in patches)
        {
            var bytes = (int)(array.Bytes.Length / array.Shape[0]);
            values.Add(name, new HostTensor(
                array.Type,
                new TensorShape([samples, .. array.Shape.Dimensions[1..]]),
                array.Bytes.Slice((int)(firstSample * bytes), samples * bytes)));
        }

        return values;
    }

    public IReadOnlyList<TableColumn> Describe(long firstSample, int samples) => inner.Describe(firstSample, samples);
}
