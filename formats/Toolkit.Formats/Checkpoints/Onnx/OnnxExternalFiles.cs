using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Toolkit.Formats.Checkpoints.Sources;

namespace Toolkit.Formats.Checkpoints.Onnx;

/// <summary>
/// The files beside a model that hold its large tensors; only files in the model's own folder are opened.
/// </summary>
internal sealed class OnnxExternalFiles(ByteSource model, CheckpointContent content)
{
    private readonly Dictionary<string, FileByteSource> _files = new(StringComparer.Ordinal);

    public bool TryOpen(
        Dictionary<string, string> entry,
        long size,
        [NotNullWhen(true)] out ByteSource? file,
        out long start,
        out string reason)
    {
        (file, start, reason) = (null, 0, string.Empty);
        var location = entry.GetValueOrDefault("location", string.Empty);
        if (model.FilePath is null || Path.GetDirectoryName(model.FilePath) is not { } folder)
        {
            reason = $"its elements lie in another file ('{location}'), which only a model on disk can have.";
            return false;
        }

        if (location.Length == 0
            || Path.IsPathRooted(location)
            || location.Split('/', '\\').Contains("..", StringComparer.Ordinal))
        {
            reason = $"its elements should lie in '{location}'; only files in the model's folder are opened.";
            return false;
        }

        var path = Path.Combine(folder, location);
        var info = new FileInfo(path);
        if (!info.Exists || info.LinkTarget is not null)
        {
            reason = $"its elements lie in '{location}', which is "
                + $"{(info.Exists ? "a link; copy the file itself beside the model" : "missing beside the model")}.";
            return false;
        }

        var length = size;
        if (!Number(entry, "offset", ref start) || !Number(entry, "length", ref length) || length != size)
        {
            reason = $"the place of its elements in '{location}' contradicts its shape.";
            return false;
        }

        if (!_files.TryGetValue(path, out var opened))
        {
            opened = new FileByteSource(path);
            _files.Add(path, opened);
            content.Owned.Add(opened);
        }

        if (start > opened.Length - size)
        {
            reason = $"its elements reach beyond the end of '{location}'.";
            return false;
        }

        file = opened;
        return true;
    }

    private static bool Number(Dictionary<string, string> entry, string key, ref long value) =>
        !entry.TryGetValue(key, out var text)
            || long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value);
}
