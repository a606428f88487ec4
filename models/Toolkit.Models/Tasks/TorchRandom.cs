namespace Toolkit.Models.Tasks;

/// <summary>
/// The random numbers of <c>torch.manual_seed</c> on the CPU, bit for bit: MT19937, <c>torch.randperm</c>,
/// <c>torch.randn</c>. They decide the published train/test splits and initial weights. Not safe for threads.
/// </summary>
/// <remarks>
/// M. Matsumoto, T. Nishimura, "Mersenne Twister" (1998), seeded by init_genrand with the low 32 bits of the seed.
/// randperm and randn follow ATen's CPU generator; randn agrees with it up to the last bits of the C library's log, cos
/// and sin (2.4e-7).
/// </remarks>
public sealed class TorchRandom
{
    private const int Size = 624;
    private readonly uint[] _state = new uint[Size];
    private int _next = Size;
    private double? _cached;

    /// <summary>Seeds the generator as <c>torch.manual_seed(seed)</c> does.</summary>
    /// <param name="seed">Any number; its low 32 bits count.</param>
    public TorchRandom(long seed)
    {
        _state[0] = (uint)seed;
        for (var i = 1; i < Size; i++)
        {
            _state[i] = (1812433253u * (_state[i - 1] ^ (_state[i - 1] >> 30))) + (uint)i;
        }
    }

    /// <summary>The next 32 random bits.</summary>
    /// <returns>A number from 0 to 2³² − 1.</returns>
    public uint NextUInt32()
    {
        if (_next == Size)
        {
            Twist();
        }

        var y = _state[_next++];
        y ^= y >> 11;
        y ^= (y << 7) & 0x9d2c5680u;
        y ^= (y << 15) & 0xefc60000u;
        return y ^ (y >> 18);
    }

    /// <summary>A random order of 0 … count − 1, as <c>torch.randperm(count)</c> gives it.</summary>
    /// <param name="count">How many numbers, at most 2³² − 1 in torch's recipe and int.MaxValue here.</param>
    /// <returns>The numbers in random order.</returns>
    public int[] RandomPermutation(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        var order = new int[count];
        for (var i = 0; i < count; i++)
        {
            order[i] = i;
        }

        for (var i = 0; i < count - 1; i++)
        {
            var other = i + (int)(NextUInt32() % (uint)(count - i));
            (order[i], order[other]) = (order[other], order[i]);
        }

        return order;
    }

    /// <summary>
    /// Fills a tensor with standard normal numbers, as <c>torch.randn</c> or <c>normal_(0, 1)</c> on a contiguous
    /// float32 tensor does.
    /// </summary>
    /// <param name="target">All elements of one tensor; a tensor is one draw, two halves of it are not.</param>
    public void FillNormal(Span<float> target)
    {
        if (target.Length < 16)
        {
            foreach (ref var value in target)
            {
                value = (float)NextNormal();
            }

            return;
        }

        foreach (ref var value in target)
        {
            value = NextUniform();
        }

        for (var at = 0; at + 16 <= target.Length; at += 16)
        {
            BoxMuller(target.Slice(at, 16));
        }

        if (target.Length % 16 != 0)
        {
            var last = target[^16..];
            foreach (ref var value in last)
            {
                value = NextUniform();
            }

            BoxMuller(last);
        }
    }

    private static void BoxMuller(Span<float> block)
    {
        for (var j = 0; j < 8; j++)
        {
            var u1 = 1 - block[j];
            var radius = MathF.Sqrt(-2 * MathF.Log(u1));
            var angle = 2f * MathF.PI * block[j + 8];
            block[j] = radius * MathF.Cos(angle);
            block[j + 8] = radius * MathF.Sin(angle);
        }
    }

    private float NextUniform() => (NextUInt32() & 0xFFFFFF) * (1f / (1 << 24));

    /// <summary>Tensors under 16 elements: double precision pairs, the second kept for the next call.</summary>
    private double NextNormal()
    {
        if (_cached is { } kept)
        {
            _cached = null;
            return kept;
        }

        var u1 = NextUniform53();
        var u2 = NextUniform53();
        var radius = Math.Sqrt(-2 * Math.Log(1 - u2));
        _cached = radius * Math.Sin(2 * Math.PI * u1);
        return radius * Math.Cos(2 * Math.PI * u1);
    }

    private double NextUniform53()
    {
        ulong high = NextUInt32();
        return (((high << 32) | NextUInt32()) & ((1UL << 53) - 1)) * (1.0 / (1UL << 53));
    }

    private void Twist()
    {
        for (var k = 0; k < Size; k++)
        {
            var y = (_state[k] & 0x80000000u) | (_state[(k + 1) % Size] & 0x7fffffffu);
            _state[k] = _state[(k + 397) % Size] ^ (y >> 1) ^ ((y & 1) == 0 ? 0u : 0x9908b0dfu);
        }

        _next = 0;
    }
}
