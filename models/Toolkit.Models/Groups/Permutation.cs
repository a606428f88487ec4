using System.Globalization;
using System.Text;
using Toolkit.Formats;

namespace Toolkit.Models.Groups;

/// <summary>Permutations in one-line form: point i goes to p[i]. The product p·q applies p first.</summary>
public static class Permutation
{
    /// <summary>The product p·q that applies p first: (p·q)[i] = q[p[i]].</summary>
    /// <param name="first">Applied first.</param>
    /// <param name="second">Applied second, on the same points.</param>
    /// <returns>The product.</returns>
    public static int[] Multiply(ReadOnlySpan<int> first, ReadOnlySpan<int> second)
    {
        var product = new int[first.Length];
        for (var i = 0; i < product.Length; i++)
        {
            product[i] = second[first[i]];
        }

        return product;
    }

    /// <summary>The inverse permutation.</summary>
    /// <param name="permutation">One-line form.</param>
    /// <returns>One-line form of the inverse.</returns>
    public static int[] Invert(ReadOnlySpan<int> permutation)
    {
        var inverse = new int[permutation.Length];
        for (var i = 0; i < inverse.Length; i++)
        {
            inverse[permutation[i]] = i;
        }

        return inverse;
    }

    /// <summary>+1 for an even, −1 for an odd permutation.</summary>
    /// <param name="permutation">One-line form.</param>
    /// <returns>The sign.</returns>
    public static int Signature(ReadOnlySpan<int> permutation)
    {
        var sign = 1;
        Span<bool> seen = permutation.Length <= 256
            ? stackalloc bool[permutation.Length]
            : new bool[permutation.Length];
        for (var start = 0; start < permutation.Length; start++)
        {
            for (var at = permutation[start]; !seen[start] && at != start; at = permutation[at])
            {
                seen[at] = true;
                sign = -sign;
            }
        }

        return sign;
    }

    /// <summary>
    /// Cycle notation as SymPy prints it: fixed points are left out, save the last one, which comes first: "(3)(0 1)".
    /// </summary>
    /// <param name="permutation">One-line form.</param>
    /// <returns>The notation; the identity of four points is "(3)".</returns>
    public static string CycleNotation(ReadOnlySpan<int> permutation)
    {
        var text = new StringBuilder();
        var last = permutation.Length - 1;
        if (last >= 0 && permutation[last] == last)
        {
            text.Append(CultureInfo.InvariantCulture, $"({last})");
        }

        var seen = new bool[permutation.Length];
        for (var start = 0; start < permutation.Length; start++)
        {
            if (seen[start] || permutation[start] == start)
            {
                continue;
            }

            var separator = '(';
            for (var at = start; !seen[at]; at = permutation[at])
            {
                seen[at] = true;
                text.Append(separator).Append(at);
                separator = ' ';
            }

            text.Append(')');
        }

        return text.Length == 0 ? "()" : text.ToString();
    }

    /// <summary>Reads cycle notation ("(0 1 2)(3 4)", commas or blanks).</summary>
    /// <param name="text">The notation; cycles must be disjoint.</param>
    /// <param name="degree">The number of points, or 0 to take the largest one named.</param>
    /// <returns>One-line form.</returns>
    /// <exception cref="BadInputException">The text is no cycle notation, a point occurs twice, or is outside the
    /// points.</exception>
    public static int[] ParseCycles(string text, int degree = 0)
    {
        ArgumentNullException.ThrowIfNull(text);
        var cycles = new List<int[]>();
        foreach (var cycle in text.Split(')', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (cycle[0] != '(')
            {
                throw new BadInputException(
                    $"permutation '{text}': '{cycle}' is outside brackets. Write cycles as in '(0 1 2)(3 4)'.");
            }

            cycles.Add([.. cycle[1..].Split([' ', ','], StringSplitOptions.RemoveEmptyEntries).Select(point =>
                int.TryParse(point, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
                    && number < FiniteGroup.MaximumOrder
                    ? number
                    : throw new BadInputException(
                        $"permutation '{text}': '{point}' is no point from 0 to {FiniteGroup.MaximumOrder - 1}."))]);
        }

        if (text.TrimEnd() is not ("" or [.., ')']))
        {
            throw new BadInputException(
                $"permutation '{text}': the last bracket is not closed. Write cycles as in '(0 1 2)(3 4)'.");
        }

        var points = Math.Max(degree, cycles.SelectMany(cycle => cycle).DefaultIfEmpty(-1).Max() + 1);
        if (degree > 0 && points > degree)
        {
            throw new BadInputException(
                $"permutation '{text}' moves the point {points - 1}; it must stay within 0 to {degree - 1}.");
        }

        var permutation = Enumerable.Range(0, points).ToArray();
        var used = new bool[points];
        foreach (var cycle in cycles)
        {
            for (var i = 0; i < cycle.Length; i++)
            {
                if (used[cycle[i]])
                {
                    throw new BadInputException($"permutation '{text}': the point {cycle[i]} occurs twice.");
                }

                used[cycle[i]] = true;
                permutation[cycle[i]] = cycle[(i + 1) % cycle.Length];
            }
        }

        return permutation;
    }
}
