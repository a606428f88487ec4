using System.CommandLine;
using System.Globalization;
using Spectre.Console;
using Toolkit.Capture.Comparison;
using Toolkit.CommandLine;
using Toolkit.Formats.Runs;

namespace Toolkit.Inspect.Commands;

/// <summary><c>inspect diff</c>: where two runs over the same samples part.</summary>
internal static class DiffCommand
{
    public static Command Create(Terminal terminal)
    {
        var first = new Argument<string>("A") { Description = "The run directory that is the reference." };
        var second = new Argument<string>("B") { Description = "The run directory to compare with it." };
        var tolerance = new Option<double>("--tolerance")
        {
            Description =
                "Relative error (norm of the difference by norm of the reference) up to which values count as equal. "
                    + "Default: 0. "
                    + "Where a run was captured with --repeat, three times the noise that it measured counts as "
                    + "equal, too.",
        };
        var json = new Option<bool>("--json") { Description = "One JSON document instead of a table." };
        var command = new Command(
            "diff",
            "Compares two runs value by value in the order of evaluation: the first that differs, the error of each, "
                + "and which node amplifies it.")
        {
            first, second, tolerance, json,
        };
        command.SetAction((parsed, cancellation) =>
        {
            var difference = RunComparison.Compare(
                RunReader.Open(parsed.GetValue(first)!),
                RunReader.Open(parsed.GetValue(second)!),
                parsed.GetValue(tolerance),
                cancellation);
            if (parsed.GetValue(json))
            {
                terminal.WriteJson(difference);
            }
            else
            {
                Print(terminal, difference);
            }

            return Task.FromResult(ExitCode.Done);
        });
        return command;
    }

    private static void Print(Terminal terminal, RunDifference difference)
    {
        var hasNoise = difference.Values.Any(static row => row.Noise is not null);
        var table = new Table().Border(TableBorder.Simple).AddColumns(
            "value", "op", "differing", "largest error", "relative error", "amplified by");
        if (hasNoise)
        {
            table.AddColumn("noise");
        }

        var differing = difference.Values.Where(static row => row.Remark is not null || row.Different > 0).ToList();
        foreach (var row in differing)
        {
            string[] cells =
            [
                Markup.Escape(row.Name),
                Markup.Escape(row.Operator ?? string.Empty),
                row.Remark is null ? $"{row.Different} of {row.Count}" : Markup.Escape(row.Remark),
                row.Remark is null ? Number(row.LargestError) : string.Empty,
                row.Remark is null ? Number(row.RelativeError) : string.Empty,
                row.Amplification is not { } factor ? string.Empty
                    : double.IsInfinity(factor) ? "begins here"
                    : Number(factor),
                .. hasNoise ? new[] { row.Noise is { } noise ? Number(noise) : "not measured" } : [],
            ];
            table.AddRow(cells);
        }

        if (differing.Count > 0)
        {
            terminal.Write(table);
        }

        if (difference.Values.Count > differing.Count)
        {
            terminal.Output.WriteLine(
                $"{difference.Values.Count - differing.Count} of {difference.Values.Count} values are the same in "
                    + $"every element{(differing.Count > 0 ? " and not shown" : "")}.");
        }

        if (differing.Where(static row => row.Remark is null).MaxBy(static row => row.RelativeError) is { } worst)
        {
            terminal.Output.WriteLine(
                $"The largest relative error, {Number(worst.RelativeError)}, is in "
                    + $"{worst.Name}{(worst.Operator is { } op ? $" ({op})" : "")}.");
        }

        terminal.Output.WriteLine(difference.FirstDivergent is { } name
            ? "First value that differs by more than "
                + $"{Number(difference.Tolerance)}{(hasNoise ? " and than three times its noise" : "")}: {name}."
            : "No value differs by more than "
                + $"{Number(difference.Tolerance)}{(hasNoise ? " or than three times its noise" : "")}.");
        if (difference.OnlyInFirst.Count + difference.OnlyInSecond.Count > 0)
        {
            terminal.Output.WriteLine(
                $"Only in the first: {difference.OnlyInFirst.Count} values; only in the second: "
                    + $"{difference.OnlyInSecond.Count}.");
        }
    }

    private static string Number(double value) => value.ToString("0.###e+00", CultureInfo.InvariantCulture);
}
