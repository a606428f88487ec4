using Toolkit.Formats.Tables;

namespace Toolkit.Formats.Tests.Tables;

public sealed class TableTests
{
    [Fact]
    public void Columns_of_different_lengths_are_refused() =>
        Should.Throw<ArgumentException>(() => new Table(TableColumn.Create("a", [1]), TableColumn.Create("b", [1, 2])))
            .Message.ShouldContain("Column 'b' has 2 rows, 'a' has 1.");

    [Fact]
    public void A_name_that_occurs_twice_is_refused() =>
        Should.Throw<ArgumentException>(() => new Table(TableColumn.Create("a", [1]), TableColumn.Create("a", [2])))
            .Message.ShouldContain("Column 'a' occurs twice.");

    [Fact]
    public void A_column_asked_for_with_another_type_says_which_it_has() =>
        Should.Throw<InvalidOperationException>(
            () => new Table(TableColumn.Create("a", new int?[] { 1 })).Values<int>("a"))
            .Message.ShouldBe("Column 'a' is Int32 (nullable), not Int32.");

    [Fact]
    public void Numbers_turn_missing_values_into_NaN() =>
        new Table(TableColumn.Create("a", new long?[] { 1, null })).Numbers("a").ShouldBe([1, double.NaN]);

    [Fact]
    public void A_slice_keeps_the_columns_and_takes_the_rows()
    {
        var slice = new Table(TableColumn.Create("a", [1, 2, 3]), TableColumn.Create("b", ["x", "y", "z"])).Slice(1, 2);

        slice.Values<int>("a").ToArray().ShouldBe([2, 3]);
        slice.Values<string?>("b").ToArray().ShouldBe(["y", "z"]);
    }
}
