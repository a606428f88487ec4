using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Numerics;

namespace Toolkit.CommandLine;

/// <summary>
/// Has options that take a number say so in words where they are given something else: the library names a type of
/// .NET.
/// </summary>
internal static class NumericOptions
{
    /// <summary>Does it for the options of a command and of those below it.</summary>
    /// <param name="command">The command.</param>
    public static void Explain(Command command)
    {
        foreach (var option in command.Options)
        {
            Explain(option);
        }

        foreach (var inner in command.Subcommands)
        {
            Explain(inner);
        }
    }

    private static void Explain(Option option)
    {
        switch (option)
        {
            case Option<int> number:
                number.CustomParser ??= Whole<int>;
                break;
            case Option<int?> number:
                number.CustomParser ??= static result => Whole<int>(result);
                break;
            case Option<long> number:
                number.CustomParser ??= Whole<long>;
                break;
            case Option<long?> number:
                number.CustomParser ??= static result => Whole<long>(result);
                break;
            case Option<double> number:
                number.CustomParser ??= Number;
                break;
            case Option<double?> number:
                number.CustomParser ??= static result => Number(result);
                break;
            default:
                break;
        }
    }

    private static T Whole<T>(ArgumentResult result)
        where T : struct, IBinaryInteger<T>, IMinMaxValue<T>
    {
        var text = result.Tokens[0].Value;
        if (!T.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number))
        {
            var isTooLarge = BigInteger.TryParse(
                text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _);
            Refuse(result, "a whole number" + (isTooLarge ? $" from {T.MinValue} to {T.MaxValue}" : string.Empty));
        }

        return number;
    }

    private static double Number(ArgumentResult result)
    {
        if (!double.TryParse(
            result.Tokens[0].Value, NumberStyles.Float, CultureInfo.InvariantCulture, out var number))
        {
            Refuse(result, "a number");
        }

        return number;
    }

    private static void Refuse(ArgumentResult result, string expected) => result.AddError(
        $"{((OptionResult)result.Parent!).Option.Name} {result.Tokens[0].Value}: {expected} was expected.");
}
