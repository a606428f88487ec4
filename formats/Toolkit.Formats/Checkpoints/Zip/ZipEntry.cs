namespace Toolkit.Formats.Checkpoints.Zip;

/// <summary>One member of a zip archive, checked against its local header.</summary>
/// <param name="Name">Path inside the archive.</param>
/// <param name="IsDeflated">True for method 8, false for stored.</param>
/// <param name="DataStart">Where the (compressed) bytes start in the file.</param>
/// <param name="CompressedBytes">Bytes in the file.</param>
/// <param name="SizeBytes">Bytes once inflated.</param>
/// <param name="Crc32">Checksum of the inflated bytes as the archive states it.</param>
internal sealed record ZipEntry(
    string Name, bool IsDeflated, long DataStart, long CompressedBytes, long SizeBytes, uint Crc32);
