using Toolkit.Formats.Tensors;

namespace Toolkit.Formats.Tests.Tensors;

public sealed class TensorShapeTests
{
    [Fact]
    public void A_scalar_has_rank_0_and_one_element()
    {
        new TensorShape().Count.ShouldBe(1);
        default(TensorShape).Count.ShouldBe(1);
        default(TensorShape).ShouldBe(new TensorShape());
    }

    [Fact]
    public void Count_refuses_a_product_that_overflows_even_beside_a_zero() =>
        Should.Throw<OverflowException>(() => new TensorShape(0, long.MaxValue, 3));
}
