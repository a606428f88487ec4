using Toolkit.Formats.Tensors;

namespace Toolkit.Formats.Tests.Tensors;

public sealed class SmallFloatsTests
{
    [Theory]
    [InlineData(ElementType.Float8E4M3FN, 0x38, 1f)]
    [InlineData(ElementType.Float8E4M3FN, 0x7e, 448f)]
    [InlineData(ElementType.Float8E4M3FN, 0x01, 0.001953125f)]
    [InlineData(ElementType.Float8E4M3FN, 0xff, float.NaN)]
    [InlineData(ElementType.Float8E5M2, 0x7b, 57344f)]
    [InlineData(ElementType.Float8E5M2, 0x01, 1.52587890625e-05f)]
    [InlineData(ElementType.Float8E5M2, 0xfc, float.NegativeInfinity)]
    [InlineData(ElementType.Float8E4M3FNUZ, 0x7f, 240f)]
    [InlineData(ElementType.Float8E4M3FNUZ, 0x01, 0.0009765625f)]
    [InlineData(ElementType.Float8E4M3FNUZ, 0x80, float.NaN)]
    [InlineData(ElementType.Float8E5M2FNUZ, 0x7f, 57344f)]
    [InlineData(ElementType.Float8E5M2FNUZ, 0x01, 7.62939453125e-06f)]
    [InlineData(ElementType.Float8E8M0, 0x7f, 1f)]
    [InlineData(ElementType.Float8E8M0, 0x00, 5.877472e-39f)]
    [InlineData(ElementType.Float8E8M0, 0xfe, 1.7014118e38f)]
    [InlineData(ElementType.Float4E2M1, 0x7, 6f)]
    [InlineData(ElementType.Float4E2M1, 0x9, -0.5f)]
    [InlineData(ElementType.BFloat16, 0x3fc0, 1.5f)]
    public void ToSingle_gives_the_published_numbers(ElementType type, int bits, float number)
    {
        // The largest, the smallest and the special numbers of each format's tables (OCP 8-bit floating point, OCP
        // microscaling, ONNX operators).
        SmallFloats.ToSingle(type, bits).ShouldBe(number);
    }

    [Fact]
    public void ToSingle_of_float16_is_what_dotnet_converts_and_keeps_the_bits_of_NaN()
    {
        for (var bits = 0; bits <= 0xffff; bits++)
        {
            var number = SmallFloats.ToSingle(ElementType.Float16, bits);
            if (float.IsNaN(number))
            {
                (BitConverter.SingleToInt32Bits(number) & 0x7fffff).ShouldBe((bits & 0x3ff) << 13);
            }
            else
            {
                number.ShouldBe((float)BitConverter.UInt16BitsToHalf((ushort)bits));
            }
        }
    }
}
