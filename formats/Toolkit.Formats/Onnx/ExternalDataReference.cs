using System.Globalization;
using Toolkit.Formats.Onnx.Schema;

namespace Toolkit.Formats.Onnx;

/// <summary>Where the data of a tensor lies outside its model: a range of a file in the model's own folder.</summary>
/// <param name="Path">The file's full path; it exists, lies below the model's folder and is reached through no
/// link.</param>
/// <param name="Offset">Where the data starts, bytes from the start of the file.</param>
/// <param name="Length">How many bytes there are; the file holds them all.</param>
public sealed record ExternalDataReference(string Path, long Offset, long Length)
{
    /// <summary>Resolves a tensor's reference, refusing whatever leaves the model's folder.</summary>
    /// <param name="tensor">A tensor with external data.</param>
    /// <param name="folder">The model's folder.</param>
    /// <param name="where">What messages call the tensor: file and name.</param>
    /// <returns>The range, checked against the file.</returns>
    /// <exception cref="BadInputException">
    /// The location is missing, absolute, leads outside the folder or through a link, is no plain file, or is too
    /// short.
    /// </exception>
    public static ExternalDataReference Resolve(TensorProto tensor, string folder, string where)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        ArgumentException.ThrowIfNullOrEmpty(folder);
        var location = Value(tensor, "location");
        if (string.IsNullOrEmpty(location))
        {
            throw new BadInputException(
                $"{where}: external data without a location. The model is damaged; export it again.");
        }

        var path = Confine(location, folder, where);
        var file = new FileInfo(path);
        var offset = Number(tensor, "offset", where) ?? 0;
        if (!file.Exists || file.Attributes.HasFlag(FileAttributes.Device))
        {
            throw new BadInputException(
                $"{where}: its external data '{location}' is missing. Put the file beside the model.");
        }

        if (offset > file.Length)
        {
            throw new BadInputException(
                $"{where}: its data starts at byte {offset}, but '{location}' has {file.Length} bytes. Get the "
                    + "file again.");
        }

        var length = Number(tensor, "length", where) ?? file.Length - offset;
        return length > file.Length - offset
            ? throw new BadInputException(
                $"{where}: its data are bytes {offset} to {(Int128)offset + length}, but '{location}' has "
                    + $"{file.Length} bytes. Get the file again.")
            : new ExternalDataReference(path, offset, length);
    }

    private static string Confine(string location, string folder, string where)
    {
        var parts = location.Split('/', '\\');
        if (System.IO.Path.IsPathRooted(location) || parts.Any(static part => part is ".."
            || part.Contains(':', StringComparison.Ordinal)
            || part.Contains('\0', StringComparison.Ordinal)))
        {
            throw new BadInputException(
                $"{where}: its external data '{location}' leads outside the model's folder. Only files below that "
                    + "folder are read.");
        }

        var at = System.IO.Path.GetFullPath(folder);
        foreach (var part in parts.Where(static part => part is not ("" or ".")))
        {
            at = System.IO.Path.Combine(at, part);
            FileSystemInfo entry = Directory.Exists(at) ? new DirectoryInfo(at) : new FileInfo(at);
            if (entry.LinkTarget is not null)
            {
                throw new BadInputException(
                    $"{where}: its external data '{location}' goes through a symbolic link, which could lead "
                        + "anywhere. Put the file itself there.");
            }
        }

        return at;
    }

    private static string? Value(TensorProto tensor, string key) =>
        tensor.ExternalData.FirstOrDefault(entry => entry.Key == key)?.Value;

    private static long? Number(TensorProto tensor, string key, string where)
    {
        var text = Value(tensor, key);
        if (text is null)
        {
            return null;
        }

        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw new BadInputException(
                $"{where}: {key} '{text}' of its external data is not a number of bytes. The model is damaged; "
                    + "export it again.");
    }
}
