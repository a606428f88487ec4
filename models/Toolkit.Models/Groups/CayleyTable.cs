using System.Globalization;
using System.Text.Json;
using Toolkit.Formats;

namespace Toolkit.Models.Groups;

/// <summary>Reads and checks multiplication tables that others wrote.</summary>
public static class CayleyTable
{
    private const int MostCharacters = 256 << 20;

    /// <summary>
    /// Reads a table: a JSON array of rows, or text with one row a line (blanks, commas, semicolons or tabs between the
    /// numbers).
    /// </summary>
    /// <param name="path">The file.</param>
    /// <returns>The rows, not checked yet.</returns>
    /// <exception cref="BadInputException">The file is missing, too large, or holds something else.</exception>
    public static int[][] Read(string path)
    {
        var text = TextFile.Read(path, MostCharacters, "a multiplication table");
        return text.AsSpan().TrimStart().StartsWith("[") ? FromJson(path, text) : FromLines(path, text);
    }

    /// <summary>
    /// Checks the group axioms: closure, identity, inverses, associativity (Light's test on generators: O(n²) for
    /// each).
    /// </summary>
    /// <param name="rows">Row i, column j holds i·j.</param>
    /// <param name="source">Where the table stands, for messages.</param>
    /// <returns>The table, row-major, and indices of generators.</returns>
    /// <exception cref="BadInputException">An axiom fails: the elements that show it are named.</exception>
    internal static (ushort[] Table, int[] Generators) Validate(int[][] rows, string source)
    {
        var n = rows.Length;
        if (n is < 1 or > FiniteGroup.MaximumOrder)
        {
            throw new BadInputException(
                $"{source}: {n:N0} rows; a group has 1 to {FiniteGroup.MaximumOrder:N0} elements.");
        }

        var table = new ushort[n * n];
        for (var i = 0; i < n; i++)
        {
            if (rows[i].Length != n)
            {
                throw new BadInputException(
                    $"{source}: row {i} has {rows[i].Length} entries, the table has {n} rows; both must be the order.");
            }

            for (var j = 0; j < n; j++)
            {
                table[(i * n) + j] = rows[i][j] >= 0 && rows[i][j] < n
                    ? (ushort)rows[i][j]
                    : throw new BadInputException(
                        $"{source}: {i}·{j} = {rows[i][j]} is no element from 0 to {n - 1}: the table is not closed.");
            }
        }

        var identity = Enumerable.Range(0, n).FirstOrDefault(
            e => Enumerable.Range(0, n).All(j => rows[e][j] == j && rows[j][e] == j), -1);
        if (identity < 0)
        {
            throw new BadInputException(
                $"{source}: no element e has e·x = x·e = x for all x: the table has no identity.");
        }

        CheckLatin(rows, source);
        var generators = FindGenerators(rows, identity);
        foreach (var a in generators)
        {
            for (var x = 0; x < n; x++)
            {
                var left = rows[rows[x][a]];
                for (var y = 0; y < n; y++)
                {
                    if (left[y] != rows[x][rows[a][y]])
                    {
                        throw new BadInputException(
                            $"{source}: ({x}·{a})·{y} = {left[y]}, but {x}·({a}·{y}) = {rows[x][rows[a][y]]}: the "
                                + "table is not associative.");
                    }
                }
            }
        }

        return (table, generators);
    }

    private static void CheckLatin(int[][] rows, string source)
    {
        var n = rows.Length;
        for (var i = 0; i < n; i++)
        {
            var inRow = new int[n];
            var inColumn = new int[n];
            Array.Fill(inRow, -1);
            Array.Fill(inColumn, -1);
            for (var j = 0; j < n; j++)
            {
                if (inRow[rows[i][j]] >= 0)
                {
                    throw new BadInputException(
                        $"{source}: {i}·{inRow[rows[i][j]]} and {i}·{j} are both {rows[i][j]}: {i} has no inverse, "
                            + "or products cannot be cancelled.");
                }

                if (inColumn[rows[j][i]] >= 0)
                {
                    throw new BadInputException(
                        $"{source}: {inColumn[rows[j][i]]}·{i} and {j}·{i} are both {rows[j][i]}: {i} has no "
                            + "inverse, or products cannot be cancelled.");
                }

                inRow[rows[i][j]] = j;
                inColumn[rows[j][i]] = j;
            }
        }
    }

    private static int[] FindGenerators(int[][] rows, int identity)
    {
        var generators = new List<int>();
        var reached = new bool[rows.Length];
        reached[identity] = true;
        var members = new List<int> { identity };
        for (var candidate = 0; members.Count < rows.Length; candidate++)
        {
            if (reached[candidate])
            {
                continue;
            }

            generators.Add(candidate);
            for (var k = 0; k < members.Count; k++)
            {
                foreach (var generator in generators)
                {
                    var product = rows[members[k]][generator];
                    if (!reached[product])
                    {
                        reached[product] = true;
                        members.Add(product);
                    }
                }
            }
        }

        return [.. generators];
    }

    private static int[][] FromJson(string path, string text)
    {
        try
        {
            return JsonSerializer.Deserialize(text, CayleyJson.Default.Int32ArrayArray)
                ?? throw new BadInputException($"{path}: null is no multiplication table.");
        }
        catch (JsonException fault)
        {
            throw new BadInputException(
                $"{path}: line {fault.LineNumber + 1}: not a JSON array of rows of whole numbers.", fault);
        }
    }

    private static int[][] FromLines(string path, string text)
    {
        var rows = new List<int[]>();
        foreach (var line in text.Split('\n'))
        {
            var cells = line.Split([' ', ',', ';', '\t', '\r'], StringSplitOptions.RemoveEmptyEntries);
            if (cells.Length > 0)
            {
                rows.Add([.. cells.Select(cell => int.TryParse(
                    cell, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value)
                    ? value
                    : throw new BadInputException($"{path}: row {rows.Count}: '{cell}' is no whole number."))]);
            }
        }

        return [.. rows];
    }
}
