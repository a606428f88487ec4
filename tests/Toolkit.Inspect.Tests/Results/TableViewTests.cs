using Toolkit.Inspect.Results;

namespace Toolkit.Inspect.Tests.Results;

public class TableViewTests
{
    [Theory]
    [InlineData(-1e-9, "0.00")]
    [InlineData(0, "0.00")]
    [InlineData(-0.125, "-12.50")]
    [InlineData(0.9999, "99.99")]
    [InlineData(double.NaN, "NaN")]
    public void A_share_that_rounds_to_zero_has_no_sign(double share, string shown) => TableView.Percent(share).ShouldBe(shown);
}
