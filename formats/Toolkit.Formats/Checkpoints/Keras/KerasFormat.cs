using Toolkit.Formats.Checkpoints.Hdf5;
using Toolkit.Formats.Checkpoints.Scanning;
using Toolkit.Formats.Checkpoints.Sources;
using Toolkit.Formats.Checkpoints.Zip;

namespace Toolkit.Formats.Checkpoints.Keras;

/// <summary>
/// What Keras 3 saves as <c>.keras</c>: a zip with the description of the model and its weights as HDF5. Only the
/// weights are read.
/// </summary>
internal sealed class KerasFormat : ICheckpointFormat
{
    private const string Weights = "model.weights.h5";

    public bool Recognises(ByteSource source)
    {
        try
        {
            return ZipReader.Recognises(source)
                && new ZipReader(source, CheckpointLimits.Default).Find(Weights) is not null;
        }
        catch (BadInputException)
        {
            return false;
        }
    }

    public CheckpointContent Read(ByteSource source, CheckpointLimits limits, ScanLog scan)
    {
        scan.Format = "Keras";
        var zip = new ZipReader(source, limits);
        var content = new CheckpointContent(source.Name, limits);
        Hdf5Format.ReadInto(content, zip.Open(zip.Find(Weights)!), limits);
        return content;
    }
}
