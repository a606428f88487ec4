using System.Globalization;
using Toolkit.Formats;

namespace Toolkit.Analysis.Charts.Runs;

/// <summary>The values chosen for a chart's options, each checked.</summary>
public sealed class ChartChoices
{
    private readonly IReadOnlyDictionary<string, string> _values;

    private ChartChoices(IReadOnlyDictionary<string, string> values) => _values = values;

    /// <summary>Fills in defaults and checks every value.</summary>
    /// <param name="options">What can be chosen.</param>
    /// <param name="given">What was chosen: option name → value.</param>
    /// <returns>A value for every option.</returns>
    /// <exception cref="BadInputException">An option or a value does not exist; the message lists those that
    /// do.</exception>
    public static ChartChoices Check(IReadOnlyList<ChartOption> options, IReadOnlyDictionary<string, string> given)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(given);
        var values = options.ToDictionary(option => option.Name, option => option.Default, StringComparer.Ordinal);
        foreach (var (name, value) in given)
        {
            var option = options.FirstOrDefault(o => o.Name == name) ?? throw new BadInputException(
                $"This chart has no option '{name}'. "
                + (options.Count == 0 ? "It has none." : $"It has: {string.Join(", ", options.Select(o => o.Name))}."));
            values[name] = Check(option, value);
        }

        return new ChartChoices(values);
    }

    /// <summary>The text chosen.</summary>
    /// <param name="name">The option's name.</param>
    public string this[string name] => _values[name];

    /// <summary>The integer chosen.</summary>
    /// <param name="name">The option's name.</param>
    /// <returns>Within the option's range.</returns>
    public int Integer(string name) => int.Parse(_values[name], CultureInfo.InvariantCulture);

    private static string Check(ChartOption option, string value)
    {
        if (option.Choices is { } choices)
        {
            return choices.Contains(value)
                ? value
                : throw new BadInputException(
                    $"'{value}' is not a {option.Name} of this chart. There are: {List(choices)}.");
        }

        return int.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
            && number >= option.Minimum && number <= option.Maximum
            ? number.ToString(CultureInfo.InvariantCulture)
            : throw new BadInputException(
                $"{option.Name} is '{value}'; it is an integer from {option.Minimum} to {option.Maximum}.");
    }

    internal static string List(IReadOnlyList<string> choices) =>
        string.Join(", ", choices.Take(20)) + (choices.Count > 20 ? $" … ({choices.Count} in all)" : string.Empty);
}
