using System.Security.Cryptography;
using Toolkit.Formats.Tables;

namespace Toolkit.Formats.Runs;

/// <summary>Writes the tables of a run.</summary>
internal static class TableFile
{
    /// <summary>Writes a table whole or not at all.</summary>
    /// <param name="folder">The run directory.</param>
    /// <param name="relative">Its path in it, with forward slashes.</param>
    /// <param name="table">The table.</param>
    /// <returns>What the run's records say of it.</returns>
    public static FileRecord Write(string folder, string relative, Table table)
    {
        var path = RunPaths.Full(folder, relative);
        ParquetTable.Write(path, table);
        using var stream = File.OpenRead(path);
        return new FileRecord(
            relative, null, table.RowCount, stream.Length, Convert.ToHexStringLower(SHA256.HashData(stream)), null);
    }
}
