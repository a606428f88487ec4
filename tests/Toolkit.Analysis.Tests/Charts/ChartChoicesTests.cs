using Toolkit.Analysis.Charts.Runs;
using Toolkit.Formats;

namespace Toolkit.Analysis.Tests.Charts;

public sealed class ChartChoicesTests
{
    private static readonly ChartOption[] Options =
    [
        ChartOption.OneOf("tensor", "Value", ["hidden", "logits"]),
        ChartOption.Integer("neuron", "Neuron", 0, 127, 3),
    ];

    [Fact]
    public void Check_fills_in_defaults()
    {
        var choices = ChartChoices.Check(Options, new Dictionary<string, string> { ["neuron"] = "+5" });

        choices["tensor"].ShouldBe("hidden");
        choices.Integer("neuron").ShouldBe(5);
    }

    [Theory]
    [InlineData("tensor", "nothing", "'nothing' is not a tensor of this chart. There are: hidden, logits.")]
    [InlineData("neuron", "128", "neuron is '128'; it is an integer from 0 to 127.")]
    [InlineData("neuron", "1.5", "neuron is '1.5'; it is an integer from 0 to 127.")]
    [InlineData("colour", "red", "This chart has no option 'colour'. It has: tensor, neuron.")]
    public void Check_says_what_there_is_instead_of(string name, string value, string expected) =>
        Should.Throw<BadInputException>(
            () => ChartChoices.Check(Options, new Dictionary<string, string> { [name] = value })).Message
            .ShouldBe(expected);
}
