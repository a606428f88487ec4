using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Toolkit.Formats;
using Toolkit.Formats.Runs.Statistics;

namespace Toolkit.Capture.Statistics;

/// <summary>
/// The covariance sums of rows, in double: of the differences to the first finite row, so that a large mean costs no
/// digits. Rows with NaN or ±∞ are left out and counted.
/// </summary>
/// <remarks>
/// M2 = Σ yyᵀ − (Σy)(Σy)ᵀ/n, y = x − pivot. O(rows · d²), on all cores for wide values; each element is summed by one
/// thread in the order of rows, so that the same rows give the same bits. Source: Chan, Golub, LeVeque (1983), "shifted
/// data".
/// </remarks>
internal sealed class CovarianceKernel
{
    /// <summary>More channels than this are refused: 2,048² doubles are 32 MB.</summary>
    public const int MaximumChannels = 2048;

    /// <summary>Rows that are summed at once: 64 rows of 512 doubles stay in the second-level cache.</summary>
    private const int BlockRows = 64;

    /// <summary>From here on a block is worth more than one thread.</summary>
    private const int ParallelChannels = 256;

    private const int Stripe = 4;

    private readonly int _channels;
    private readonly double[] _pivot;
    private readonly double[] _block;
    private readonly double[] _sums;
    private readonly double[] _products;
    private bool _hasPivot;
    private int _held;
    private long _rows;
    private long _skipped;

    /// <summary>Begins.</summary>
    /// <param name="channels">Channels of a row, 1 to <see cref="MaximumChannels"/>.</param>
    public CovarianceKernel(int channels)
    {
        _channels = channels;
        _pivot = new double[channels];
        _block = new double[BlockRows * channels];
        _sums = new double[channels];
        _products = new double[channels * channels];
    }

    /// <summary>Says whether a value is too wide.</summary>
    /// <param name="name">The value.</param>
    /// <param name="channels">Its channels.</param>
    /// <exception cref="BadInputException">It is.</exception>
    public static void Check(string name, long channels)
    {
        if (channels > MaximumChannels)
        {
            throw new BadInputException(
                $"{HostileText.Quote(name)} has {channels} features, and its covariance {channels}² numbers; at most "
                    + $"{MaximumChannels} features are possible. "
                + "Choose another feature axis with --feature-axis, or leave the value out of --covariance.");
        }
    }

    /// <summary>Adds rows.</summary>
    /// <param name="values">[rows, channels], row-major.</param>
    public void Add(ReadOnlySpan<float> values)
    {
        Span<double> row = new double[_channels];
        for (; !values.IsEmpty; values = values[_channels..])
        {
            TensorPrimitives.ConvertTruncating(values[.._channels], row);
            AddRow(row);
        }
    }

    /// <inheritdoc cref="Add(ReadOnlySpan{float})"/>
    public void Add(ReadOnlySpan<double> values)
    {
        for (; !values.IsEmpty; values = values[_channels..])
        {
            AddRow(values[.._channels]);
        }
    }

    /// <summary>The sums of all rows; call once.</summary>
    public CovarianceSums Result()
    {
        EndBlock();
        var mean = new double[_channels];
        for (var i = 0; i < _channels && _rows > 0; i++)
        {
            mean[i] = _pivot[i] + (_sums[i] / _rows);
            for (var j = 0; j <= i; j++)
            {
                var m2 = _products[(i * _channels) + j] - (_sums[i] / _rows * _sums[j]);
                _products[(i * _channels) + j] = _products[(j * _channels) + i] = i == j ? Math.Max(0, m2) : m2;
            }
        }

        return new CovarianceSums(_rows, _skipped, mean, _products);
    }

    private void AddRow(ReadOnlySpan<double> row)
    {
        foreach (var value in row)
        {
            if (!double.IsFinite(value))
            {
                _skipped++;
                return;
            }
        }

        if (!_hasPivot)
        {
            row.CopyTo(_pivot);
            _hasPivot = true;
        }

        TensorPrimitives.Subtract(row, _pivot, _block.AsSpan(_held * _channels, _channels));
        _rows++;
        if (++_held == BlockRows)
        {
            EndBlock();
        }
    }

    private void EndBlock()
    {
        for (var row = 0; row < _held; row++)
        {
            TensorPrimitives.Add(_sums, _block.AsSpan(row * _channels, _channels), _sums);
        }

        var stripes = (_channels + Stripe - 1) / Stripe;
        if (_channels >= ParallelChannels)
        {
            // A stripe's work grows with its place: taking one from each end keeps all threads equally busy.
            Parallel.For(0, (stripes + 1) / 2, pair =>
            {
                Accumulate(pair * Stripe);
                if (stripes - 1 - pair != pair)
                {
                    Accumulate((stripes - 1 - pair) * Stripe);
                }
            });
        }
        else
        {
            for (var stripe = 0; stripe < stripes; stripe++)
            {
                Accumulate(stripe * Stripe);
            }
        }

        _held = 0;
    }

    /// <summary>Adds the block's products of four channels with all up to them.</summary>
    private void Accumulate(int first)
    {
        var (d, count) = (_channels, Math.Min(Stripe, _channels - first));
        ref var block = ref MemoryMarshal.GetArrayDataReference(_block);
        ref var products = ref MemoryMarshal.GetArrayDataReference(_products);
        var j = 0;
        if (count == Stripe)
        {
            for (; j + Vector256<double>.Count <= first + Stripe
                && j + Vector256<double>.Count <= d; j += Vector256<double>.Count)
            {
                var (a, b, c, e) = (
                    Vector256<double>.Zero, Vector256<double>.Zero, Vector256<double>.Zero, Vector256<double>.Zero);
                for (var row = 0; row < _held; row++)
                {
                    var at = row * d;
                    var right = Vector256.LoadUnsafe(ref block, (nuint)(at + j));
                    a = Vector256.FusedMultiplyAdd(Vector256.Create(_block[at + first]), right, a);
                    b = Vector256.FusedMultiplyAdd(Vector256.Create(_block[at + first + 1]), right, b);
                    c = Vector256.FusedMultiplyAdd(Vector256.Create(_block[at + first + 2]), right, c);
                    e = Vector256.FusedMultiplyAdd(Vector256.Create(_block[at + first + 3]), right, e);
                }

                Store(ref products, (first * d) + j, a);
                Store(ref products, ((first + 1) * d) + j, b);
                Store(ref products, ((first + 2) * d) + j, c);
                Store(ref products, ((first + 3) * d) + j, e);
            }
        }

        for (var i = first; i < first + count; i++)
        {
            for (var k = j; k <= i; k++)
            {
                var sum = 0.0;
                for (var row = 0; row < _held; row++)
                {
                    sum = Math.FusedMultiplyAdd(_block[(row * d) + i], _block[(row * d) + k], sum);
                }

                _products[(i * d) + k] += sum;
            }
        }
    }

    private static void Store(ref double products, int at, Vector256<double> sum) =>
        (Vector256.LoadUnsafe(ref products, (nuint)at) + sum).StoreUnsafe(ref products, (nuint)at);
}
