using System.Globalization;
using System.Text.RegularExpressions;
using Toolkit.Formats;

namespace Toolkit.Models.Groups;

/// <summary>Reads group names such as "S5" and "C3xS3".</summary>
internal static partial class GroupDefinitionText
{
    private const string Known = "Sn, An, Cn, Dn (order 2n), Qn (order n, a multiple of 4), and products of them "
        + "such as C3xS3";

    public static GroupDefinition Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var factors = new List<GroupDefinition>();
        foreach (var part in text.Trim().Split(['x', 'X', '×', '*']))
        {
            var match = Factor().Match(part.Trim());
            if (!match.Success
                || !int.TryParse(
                    match.Groups["n"].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out var n))
            {
                throw new BadInputException(
                    $"group '{text}': '{(part.Length > 0 ? part : text)}' is no group name. Known are {Known}.");
            }

            var factor = Family(text, char.ToUpperInvariant(match.Groups["family"].Value[0]), n);
            var power = match.Groups["power"] is { Success: true } written
                ? int.Parse(written.ValueSpan, CultureInfo.InvariantCulture)
                : 1;
            if (power is < 1 or > 12)
            {
                throw new BadInputException($"group '{text}': the power {power} is outside 1 to 12.");
            }

            factors.AddRange(Enumerable.Repeat(factor, power));
        }

        var group = factors.Count == 1 ? factors[0] : new GroupDefinition.Product(factors);
        return group.Order <= FiniteGroup.MaximumOrder
            ? group
            : throw new BadInputException(
                $"group '{text}' has {group.Order:N0} elements or more; the largest supported group has "
                    + $"{FiniteGroup.MaximumOrder:N0}.");
    }

    private static GroupDefinition Family(string text, char letter, int n)
    {
        if (n < 1)
        {
            throw new BadInputException($"group '{text}': the parameter {n} is below 1.");
        }

        if (letter == 'Q' && (n < 8 || n % 4 != 0))
        {
            throw new BadInputException(
                $"group '{text}': a quaternion group is named by its order, a multiple of 4 from 8 on (Q8, Q12, Q16 "
                    + $"…), not {n}.");
        }

        return letter switch
        {
            'S' => new GroupDefinition.Symmetric(n),
            'A' => new GroupDefinition.Alternating(n),
            'D' => new GroupDefinition.Dihedral(n),
            'Q' => new GroupDefinition.Quaternion(n),
            _ => new GroupDefinition.Cyclic(n),
        };
    }

    [GeneratedRegex(
        @"^(?<family>[SACZDQ])_?(?<n>\d{1,6})(\^(?<power>\d{1,2}))?$",
        RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture)]
    private static partial Regex Factor();
}
