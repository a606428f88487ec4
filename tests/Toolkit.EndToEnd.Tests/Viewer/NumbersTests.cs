using Toolkit.Viewer.Components;

namespace Toolkit.EndToEnd.Tests.Viewer;

public sealed class NumbersTests
{
    [Theory]
    [InlineData(16000, "16,000")]
    [InlineData(-123456.7, "-123,457")]
    [InlineData(9999.4, "9999")]
    [InlineData(9999.6, "10,000")]
    [InlineData(1234567890, "1.235E+09")]
    [InlineData(0.000012345, "1.234E-05")]
    [InlineData(double.NaN, "")]
    [InlineData(double.PositiveInfinity, "Infinity")]
    public void Short_writes_a_number_as_a_table_shows_it(double value, string expected) =>
        Numbers.Short(value).ShouldBe(expected);
}
