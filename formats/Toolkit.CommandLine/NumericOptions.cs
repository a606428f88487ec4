using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Numerics;

namespace Toolkit.CommandLine;

/// <summary>
/// What options that take a number say of something else, where the library names a type of .NET, and of a number that
/// they do not take.
/// </summary>
public static class NumericOptions
{
    /// <summary>Has an option refuse whole numbers outside a range.</summary>
    /// <param name="option">An option that takes a whole number.</param>
    /// <param name="least">The least that it takes.</param>
    /// <param name="most">The greatest that it takes.</param>
    /// <param name="refusal">What is said of another.</param>
    public static void Limit(Option option, int least, int most, string refusal)
    {
        ArgumentNullException.ThrowIfNull(option);
        option.Validators.Add(result =>
        {
            // What is no number is refused where it is read; its value cannot be asked for here.
            if (result.Tokens is [.., { Value: var text }]
                && int.TryParse(text, CultureInfo.InvariantCulture, out var number)
                && (number < least || number > most))
            {
                result.AddError(refusal);
            }
        });
    }

    /// <summary>Has the options of a command, and of those below it, say in words that they take a number.</summary>
    /// <param name="command">The command.</param>
    internal static void Explain(Command command)
    {
        foreach (var option in command.Options)
        {
            Explain(option, Whole<int>);
            Explain(option, Whole<long>);
            Explain(option, Number);
        }

        foreach (var inner in command.Subcommands)
        {
            Explain(inner);
        }
    }

    /// <summary>Gives an option its parser, where it takes such a number or may be left without one.</summary>
    private static void Explain<T>(Option option, Func<ArgumentResult, T> parse)
        where T : struct
    {
        if (option is Option<T> number)
        {
            number.CustomParser ??= parse;
        }
        else if (option is Option<T?> optional)
        {
            optional.CustomParser ??= result => parse(result);
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
