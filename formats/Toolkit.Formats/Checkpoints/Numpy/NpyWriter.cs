using Toolkit.Formats.Tensors;

namespace Toolkit.Formats.Checkpoints.Numpy;

/// <summary>Writes one array as .npy, version 1.0, row-major.</summary>
public static class NpyWriter
{
    /// <summary>Writes a file, whole or not at all.</summary>
    /// <param name="path">The file.</param>
    /// <param name="tensor">The array.</param>
    /// <exception cref="BadInputException">numpy has no such element type (bfloat16, float8, packed ones).</exception>
    public static void Write(string path, HostTensor tensor)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        NpzWriter.CheckType(Path.GetFileName(path), "tensor", tensor.Type);
        AtomicFile.Write(path, stream =>
        {
            stream.Write(NpyHeader.Write(tensor.Type, tensor.Shape));
            stream.Write(tensor.Bytes.Span);
        });
    }
}
