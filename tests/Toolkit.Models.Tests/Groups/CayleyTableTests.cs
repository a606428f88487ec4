using Toolkit.Formats;
using Toolkit.Models.Groups;

namespace Toolkit.Models.Tests.Groups;

public sealed class CayleyTableTests
{
    private static readonly int[][] Klein = [[0, 1, 2, 3], [1, 0, 3, 2], [2, 3, 0, 1], [3, 2, 1, 0]];

    [Fact]
    public void Create_accepts_a_table_whatever_the_place_of_the_identity()
    {
        var relabelled = new int[4][];
        for (var i = 0; i < 4; i++)
        {
            relabelled[3 - i] = [.. Enumerable.Range(0, 4).Select(j => 3 - Klein[i][3 - j])];
        }

        var group = Create(relabelled);

        group.Identity.ShouldBe(3);
        group.IsAbelian.ShouldBeTrue();
        FiniteGroupTests.ShouldSatisfyTheAxioms(group);
    }

    [Theory]
    [InlineData("S4")]
    [InlineData("A5")]
    [InlineData("D7")]
    [InlineData("Q16")]
    [InlineData("C12")]
    [InlineData("C3xS3")]
    public void Create_rebuilds_every_group_from_its_own_table(string name)
    {
        var group = FiniteGroup.Parse(name);

        var again = Create(
            [.. Enumerable.Range(0, group.Order).Select(i => group.Row(i).ToArray().Select(j => (int)j).ToArray())]);

        again.ClassCount.ShouldBe(group.ClassCount);
        again.Table.SequenceEqual(group.Table).ShouldBeTrue();
    }

    [Fact]
    public void Create_names_the_entry_that_leaves_the_group() =>
        Fault([[0, 1], [1, 7]]).ShouldBe("given: 1·1 = 7 is no element from 0 to 1: the table is not closed.");

    [Fact]
    public void Create_says_that_there_is_no_identity() =>
        Fault([[1, 0], [1, 0]]).ShouldContain("the table has no identity");

    [Fact]
    public void Create_names_the_products_that_cannot_be_cancelled() =>
        Fault([[0, 1, 2], [1, 1, 0], [2, 0, 1]]).ShouldBe(
            "given: 1·0 and 1·1 are both 1: 1 has no inverse, or products cannot be cancelled.");

    [Fact]
    public void Create_names_three_elements_that_are_not_associative()
    {
        // A loop of order 5 that is no group: Latin, with identity 0.
        var message = Fault([[0, 1, 2, 3, 4], [1, 0, 3, 4, 2], [2, 4, 0, 1, 3], [3, 2, 4, 0, 1], [4, 3, 1, 2, 0]]);

        message.ShouldContain("the table is not associative");
        message.ShouldMatch(@"\(\d·\d\)·\d = \d, but \d·\(\d·\d\) = \d");
    }

    [Fact]
    public void Create_says_which_row_has_another_length() =>
        Fault([[0, 1], [1]]).ShouldContain("row 1 has 1 entries, the table has 2 rows");

    [Fact]
    public void Read_takes_json_and_plain_text()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["a.json"], "[[0, 1], [1, 0]]");
        File.WriteAllText(folder["a.csv"], "0,1\n1,0\n");

        CayleyTable.Read(folder["a.json"]).ShouldBe(CayleyTable.Read(folder["a.csv"]));
    }

    [Theory]
    [InlineData("[[0, 1], [1,", "not a JSON array")]
    [InlineData("0 1\n1 x", "row 1: 'x' is no whole number")]
    public void Read_says_where_a_file_is_wrong(string text, string expected)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["bad"], text);

        Should.Throw<BadInputException>(() => CayleyTable.Read(folder["bad"])).Message.ShouldContain(expected);
    }

    private static FiniteGroup Create(int[][] rows) => FiniteGroup.Create(new GroupDefinition.Cayley(rows, "given"));

    private static string Fault(int[][] rows) => Should.Throw<BadInputException>(() => Create(rows)).Message;
}
