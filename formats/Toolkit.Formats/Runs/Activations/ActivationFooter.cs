using System.Globalization;

namespace Toolkit.Formats.Runs.Activations;

/// <summary>What the footer of an activation file says.</summary>
internal sealed record ActivationFooter(
    StoredType Type, int? Length, bool HasShapes, long Rows, IReadOnlyList<ParquetFooter.RowGroup> Groups)
{
    /// <summary>Finds the columns of an activation file in a footer.</summary>
    /// <param name="footer">The footer, untrusted.</param>
    /// <exception cref="InvalidDataException">It is damaged, or not that of an activation file.</exception>
    public static ActivationFooter Of(ParquetFooter footer)
    {
        string[] names = ["sample_id", "position", "element"];
        var leaves = footer.Leaves;
        var hasShapes = leaves.Count == 4 && leaves[3].Name == "element";
        if (leaves.Count < 3
            || !leaves.Take(3).Select(l => l.Name).SequenceEqual(names)
            || (leaves.Count > 3 && !hasShapes))
        {
            throw new InvalidDataException(
                $"columns {string.Join(", ", leaves.Take(8).Select(l => l.Name))} where sample_id, position and "
                    + "values are expected");
        }

        int? length = !footer.Metadata.TryGetValue(ActivationFileWriter.LengthKey, out var text) ? null
            : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var parsed) ? parsed
            : throw new InvalidDataException($"lists of '{text}' elements");
        var result = new ActivationFooter(leaves[2].Stored, length, hasShapes, footer.Rows, footer.Groups);
        result.Check();
        return result;
    }

    private void Check()
    {
        foreach (var group in Groups)
        {
            if (group.Columns[0].Entries != group.Rows || group.Columns[1].Entries != group.Rows)
            {
                throw new InvalidDataException($"a row group of {group.Rows} rows and {group.Columns[0].Entries} ids");
            }

            if (Length is { } length && group.Columns[2].Entries != group.Rows * Math.Max(length, 1L))
            {
                throw new InvalidDataException($"{group.Columns[2].Entries} values in {group.Rows} rows of {length}");
            }
        }
    }
}
