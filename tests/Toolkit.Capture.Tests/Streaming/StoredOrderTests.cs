using System.Runtime.InteropServices;
using CsCheck;
using Toolkit.Capture.Streaming;

namespace Toolkit.Capture.Tests.Streaming;

public sealed class StoredOrderTests
{
    [Fact]
    public void Permute_equals_the_definition_for_every_order_and_width()
    {
        var shapes = Gen.Long[1, 19].Array[1, 4];
        var sizes = Gen.Int[0, 3].Select(power => 1 << power);
        var gen = shapes.SelectMany(shape => Gen.Select(
            Gen.Const(shape), Gen.Shuffle(Enumerable.Range(0, shape.Length).ToArray()), sizes));
        gen.Sample(
            t =>
            {
                var (shape, axes, size) = t;
                var count = (int)shape.Aggregate(1L, static (a, b) => a * b);
                var source = new byte[count * size];
                new Random(count).NextBytes(source);
                var target = new byte[source.Length];
                StoredOrder.Permute(source, shape, axes, size, target);
                return target.AsSpan().SequenceEqual(Defined(source, shape, axes, size));
            },
            iter: 500);
    }

    [Fact]
    public void Permute_moves_features_of_an_image_behind_its_pixels()
    {
        var source = Enumerable.Range(0, 2 * 33 * 5 * 7).ToArray();
        var target = new int[source.Length];
        StoredOrder.Permute(
            MemoryMarshal.AsBytes(source.AsSpan()), [2, 33, 5, 7], [0, 2, 3, 1], 4,
            MemoryMarshal.AsBytes(target.AsSpan()));

        // Sample 1, row 4, column 6, feature 32 is the last of both.
        target[^1].ShouldBe(source[^1]);
        target[1].ShouldBe(35);
        target[33].ShouldBe(1);
    }

    private static byte[] Defined(byte[] source, long[] shape, int[] axes, int size)
    {
        var target = new byte[source.Length];
        var index = new long[shape.Length];
        for (var at = 0; at < source.Length / size; at++)
        {
            var rest = (long)at;
            for (var i = axes.Length - 1; i >= 0; i--)
            {
                (rest, index[axes[i]]) = Math.DivRem(rest, shape[axes[i]]);
            }

            var from = 0L;
            for (var axis = 0; axis < shape.Length; axis++)
            {
                from = (from * shape[axis]) + index[axis];
            }

            source.AsSpan((int)from * size, size).CopyTo(target.AsSpan(at * size));
        }

        return target;
    }
}
