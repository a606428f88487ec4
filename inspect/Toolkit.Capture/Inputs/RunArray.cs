using Toolkit.Formats;
using Toolkit.Formats.Runs;
using Toolkit.Formats.Tensors;

namespace Toolkit.Capture.Inputs;

/// <summary>A value that a run holds for every sample: [samples, sample shape in stored order].</summary>
internal sealed class RunArray : ArraySource
{
    private const long PartBytes = 16 << 20;
    private readonly RunReader _run;
    private readonly TensorEntry _tensor;

    /// <summary>Opens a value of a run.</summary>
    /// <param name="run">The run.</param>
    /// <param name="tensor">A stored tensor with one set of rows per sample.</param>
    /// <exception cref="BadInputException">It is ragged or text.</exception>
    public RunArray(RunReader run, TensorEntry tensor)
    {
        _run = run;
        _tensor = tensor;
        var first = run.Read(tensor, 0, 1);
        Type = first.Type;
        Shape = new TensorShape([run.Samples, .. first.Shape.Dimensions[1..]]);
    }

    public override string Name => _run.Folder;

    public override ElementType Type { get; }

    public override TensorShape Shape { get; }

    public override bool Fits(ElementType type)
    {
        var step = Math.Max(1, PartBytes / Math.Max(1, Type.SizeBytes(Shape.Count) / _run.Samples));
        for (var first = 0L; type != Type && first < _run.Samples; first += step)
        {
            if (ArrayConversion.To(Read(0, first, Math.Min(step, _run.Samples - first)), type) is null)
            {
                return false;
            }
        }

        return true;
    }

    public override HostTensor Read(int axis, long first, long count) => axis == 0
        ? _run.Read(_tensor, first, count)
        : throw new NotSupportedException("A run is read by samples.");

    public override void Dispose()
    {
        // A run's files are open only while they are read.
    }

    protected override HostTensor ReadScalar() => throw new NotSupportedException("A run has an axis of samples.");
}
