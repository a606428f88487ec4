using Toolkit.Formats.Tables;

namespace Toolkit.Formats.Runs;

/// <summary>Joins tables of the same columns, one below the other.</summary>
internal static class TableParts
{
    public static Table Join(IReadOnlyList<Table> parts)
    {
        if (parts.Count == 1)
        {
            return parts[0];
        }

        if (parts.Count == 0)
        {
            return new Table(TableColumn.Create("sample_id", Array.Empty<long>()));
        }

        return new Table([.. parts[0].Columns.Select(column => Join(column, [.. parts.Select(p => p[column.Name])]))]);
    }

    private static TableColumn Join(TableColumn first, IReadOnlyList<TableColumn> parts) => first switch
    {
        TableColumn<long> => TableColumn.Create(first.Name, Values<long>(parts)),
        TableColumn<int> => TableColumn.Create(first.Name, Values<int>(parts)),
        TableColumn<double> => TableColumn.Create(first.Name, Values<double>(parts)),
        TableColumn<float> => TableColumn.Create(first.Name, Values<float>(parts)),
        TableColumn<bool> => TableColumn.Create(first.Name, Values<bool>(parts)),
        TableColumn<string?> => TableColumn.Create(first.Name, Values<string?>(parts)),
        TableColumn<double[]?> => TableColumn.Create(first.Name, Values<double[]?>(parts)),
        TableColumn<long[]?> => TableColumn.Create(first.Name, Values<long[]?>(parts)),
        TableColumn<float[]?> => TableColumn.Create(first.Name, Values<float[]?>(parts)),
        _ => throw new BadInputException(
            $"Column '{first.Name}' of the samples is {first.Type}, nullable; samples have no missing values."),
    };

    private static T[] Values<T>(IReadOnlyList<TableColumn> parts)
    {
        var values = new T[parts.Sum(p => p.Count)];
        var at = 0;
        foreach (var part in parts)
        {
            var typed = part as TableColumn<T>
                ?? throw new BadInputException($"Column '{part.Name}' of the samples changes its type between parts.");
            typed.Values.CopyTo(values.AsSpan(at));
            at += part.Count;
        }

        return values;
    }
}
