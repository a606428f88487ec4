using Toolkit.Analysis;
using Toolkit.CommandLine;
using Toolkit.Formats;
using Toolkit.Formats.Tables;

namespace Toolkit.Inspect.Results;

/// <summary>
/// Results of analyses as files: <c>FOLDER/&lt;name&gt;.parquet</c> and <c>FOLDER/&lt;name&gt;.json</c>.
/// </summary>
/// <param name="folder">The folder <c>results</c> of a run directory, or any other.</param>
internal sealed class ResultStore(string folder)
{
    /// <summary>The folder.</summary>
    public string Folder => folder;

    /// <summary>The results of a run directory.</summary>
    public static ResultStore OfRun(string runFolder) => new(Path.Combine(runFolder, "results"));

    /// <summary>Looks whether results can be written here; leaves nothing.</summary>
    /// <exception cref="BadInputException">They cannot.</exception>
    public void CheckPlace() => AtomicFile.CheckFolder(folder);

    /// <summary>Writes both files, each whole or not at all, in place of earlier ones.</summary>
    public void Write(AnalysisOutput output)
    {
        ParquetTable.Write(PathOf(output.Name, "parquet"), output.Table);
        AtomicFile.WriteText(PathOf(output.Name, "json"), Terminal.ToJson(output.Summary) + "\n");
    }

    /// <summary>Writes several results.</summary>
    public void Write(IEnumerable<AnalysisOutput> outputs)
    {
        foreach (var output in outputs)
        {
            Write(output);
        }
    }

    /// <summary>Reads a table that is there already; null where there is none.</summary>
    public Table? TryRead(string name) =>
        File.Exists(PathOf(name, "parquet")) ? ParquetTable.Read(PathOf(name, "parquet")) : null;

    private string PathOf(string name, string extension) => Path.Combine(folder, $"{name}.{extension}");
}
