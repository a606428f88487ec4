using System.Numerics;
using System.Runtime.InteropServices;

namespace Toolkit.Capture.Interventions;

/// <summary>
/// Mean and covariance of the feature vectors of a value, and the mean of every element over the samples.
/// </summary>
internal sealed class Moments(int channels, bool withCovariance)
{
    private readonly double[] _sum = new double[channels];
    private readonly double[] _products = withCovariance ? new double[channels * channels] : [];
    private double[] _elementSum = [];
    private float[]? _pivot;
    private long _rows;
    private long _samples;

    /// <summary>Samples that hold NaN or an infinity: what follows from them is NaN.</summary>
    public long NotFinite { get; private set; }

    /// <summary>The first of them; −1 where there is none.</summary>
    public long FirstNotFinite { get; private set; } = -1;

    /// <summary>Adds the values of some samples.</summary>
    /// <param name="values">[samples, elements of one sample], features last.</param>
    /// <param name="samples">How many.</param>
    public void Add(ReadOnlySpan<float> values, int samples)
    {
        var elements = values.Length / samples;
        if (_elementSum.Length == 0)
        {
            _elementSum = new double[elements];
            _pivot = values[..channels].ToArray();
        }

        for (var s = 0; s < samples; s++)
        {
            var sample = values.Slice(s * elements, elements);
            var isFinite = true;
            for (var i = 0; i < elements; i++)
            {
                _elementSum[i] += sample[i];
                isFinite &= float.IsFinite(sample[i]);
            }

            if (!isFinite && NotFinite++ == 0)
            {
                FirstNotFinite = _samples + s;
            }
        }

        _samples += samples;
        var row = new double[channels];
        for (var at = 0; withCovariance && at + channels <= values.Length; at += channels)
        {
            for (var c = 0; c < channels; c++)
            {
                row[c] = values[at + c] - (double)_pivot![c];
                _sum[c] += row[c];
            }

            AddOuter(row);
            _rows++;
        }
    }

    /// <summary>The samples that were added.</summary>
    public long Samples => _samples;

    /// <summary>The mean of every element over the samples.</summary>
    public float[] ElementMeans() => Array.ConvertAll(_elementSum, v => (float)(v / _samples));

    /// <summary>The mean feature vector.</summary>
    public float[] ChannelMeans() => [.. _sum.Select((v, c) => (float)((v / _rows) + _pivot![c]))];

    /// <summary>The projector onto the top principal directions, [channels, channels].</summary>
    /// <param name="rank">How many.</param>
    public float[] Projector(int rank)
    {
        var covariance = new double[channels * channels];
        for (var i = 0; i < channels; i++)
        {
            for (var j = 0; j <= i; j++)
            {
                covariance[(i * channels) + j] = covariance[(j * channels) + i] =
                    (_products[(i * channels) + j] / _rows) - (_sum[i] / _rows * (_sum[j] / _rows));
            }
        }

        var (_, vectors) = SymmetricEigen.Decompose(covariance, channels);
        var projector = new float[channels * channels];
        for (var i = 0; i < channels; i++)
        {
            for (var j = 0; j < channels; j++)
            {
                var sum = 0.0;
                for (var k = 0; k < rank; k++)
                {
                    sum += vectors[(k * channels) + i] * vectors[(k * channels) + j];
                }

                projector[(i * channels) + j] = (float)sum;
            }
        }

        return projector;
    }

    /// <summary>Adds the lower triangle of row · rowᵀ.</summary>
    private void AddOuter(double[] row)
    {
        for (var i = 0; i < channels; i++)
        {
            var factor = row[i];
            if (factor == 0)
            {
                continue;
            }

            var target = _products.AsSpan(i * channels, i + 1);
            var wide = MemoryMarshal.Cast<double, Vector<double>>(target);
            var source = MemoryMarshal.Cast<double, Vector<double>>(row.AsSpan(0, i + 1));
            for (var v = 0; v < wide.Length; v++)
            {
                wide[v] += source[v] * factor;
            }

            for (var j = wide.Length * Vector<double>.Count; j <= i; j++)
            {
                target[j] += row[j] * factor;
            }
        }
    }
}
