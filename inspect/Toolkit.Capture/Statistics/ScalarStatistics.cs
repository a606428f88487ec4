using Toolkit.Formats.Runs.Statistics;

namespace Toolkit.Capture.Statistics;

/// <summary>Statistics value by value, after Welford: the plain loop that every fast path is tested against.</summary>
/// <remarks>
/// Source: Welford, "Note on a method for calculating corrected sums of squares and products" (1962).
/// </remarks>
internal static class ScalarStatistics
{
    /// <summary>Every <paramref name="stride"/>-th value from <paramref name="start"/> on.</summary>
    public static ValueStatistics Of(ReadOnlySpan<float> values, int start, int stride)
    {
        var running = default(Running);
        running.Begin();
        for (var i = start; i < values.Length; i += stride)
        {
            running.Add(values[i]);
        }

        return running.Result();
    }

    /// <summary>Every <paramref name="stride"/>-th value from <paramref name="start"/> on.</summary>
    public static ValueStatistics Of(ReadOnlySpan<double> values, int start, int stride)
    {
        var running = default(Running);
        running.Begin();
        for (var i = start; i < values.Length; i += stride)
        {
            running.Add(values[i]);
        }

        return running.Result();
    }

    private struct Running
    {
        private long _count;
        private long _nan;
        private long _positive;
        private long _negative;
        private long _zeros;
        private double _minimum;
        private double _maximum;
        private double _mean;
        private double _m2;

        public void Begin() => (_minimum, _maximum) = (double.PositiveInfinity, double.NegativeInfinity);

        public void Add(double value)
        {
            _count++;
            if (!double.IsFinite(value))
            {
                _nan += double.IsNaN(value) ? 1 : 0;
                _positive += double.IsPositiveInfinity(value) ? 1 : 0;
                _negative += double.IsNegativeInfinity(value) ? 1 : 0;
                return;
            }

            _zeros += value == 0 ? 1 : 0;
            _minimum = Math.Min(_minimum, value);
            _maximum = Math.Max(_maximum, value);
            var delta = value - _mean;
            _mean += delta / (_count - _nan - _positive - _negative);
            _m2 += delta * (value - _mean);
        }

        public readonly ValueStatistics Result() =>
            new(_count, _nan, _positive, _negative, _zeros, _minimum, _maximum, _mean, _m2);
    }
}
