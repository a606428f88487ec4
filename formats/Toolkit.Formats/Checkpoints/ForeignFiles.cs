namespace Toolkit.Formats.Checkpoints;

/// <summary>
/// Files that are often given by mistake, or that no reader is there for: what they are and what to do.
/// </summary>
internal static class ForeignFiles
{
    private static readonly (byte[] Start, string Advice)[] All =
    [
        ([.. "version https://git-lfs"u8], "a Git LFS pointer, not the file itself. Fetch it with `git lfs pull`."),
        ([.. "<!DOCTYPE"u8], "a web page, so the download failed. Fetch the file itself."),
        ([.. "<!doctype"u8], "a web page, so the download failed. Fetch the file itself."),
        ([.. "<html"u8], "a web page, so the download failed. Fetch the file itself."),
        ([0x1f, 0x8b], "compressed by gzip. Unpack it first."),
        ([0x28, 0xb5, 0x2f, 0xfd], "compressed by zstd. Unpack it first."),
        ([0xfd, .. "7zXZ"u8], "compressed by xz. Unpack it first."),
        ([.. "BZh"u8], "compressed by bzip2. Unpack it first."),
        ([.. "7z"u8, 0xbc, 0xaf], "a 7z archive. Unpack it first."),
        ([.. "GGUF"u8], "a GGUF file, which is not read: convert it to safetensors with the tools of its own program."),
        (
            [.. "PAR1"u8],
            "a Parquet file: tables are read by `inspect sql` and by DuckDB; checkpoints are not stored so."),
    ];

    /// <summary>The advice for a file's first bytes; null where there is none.</summary>
    public static string? Advise(ReadOnlySpan<byte> first)
    {
        foreach (var (start, advice) in All)
        {
            if (first.StartsWith(start))
            {
                return advice;
            }
        }

        return null;
    }
}
