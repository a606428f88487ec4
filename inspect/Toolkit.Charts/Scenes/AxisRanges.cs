using Toolkit.Analysis.Charts;

namespace Toolkit.Charts.Scenes;

/// <summary>Finds what part of the axes a panel shows.</summary>
internal static class AxisRanges
{
    private const double Margin = 0.04;

    /// <summary>The ranges of one panel's axes.</summary>
    public static (AxisRange X, AxisRange Y) Find(ChartPanel panel)
    {
        Extent x = new(panel.X), y = new(panel.Y);
        foreach (var mark in panel.Marks)
        {
            switch (mark)
            {
                case LineMark line:
                    x.Add(line.X);
                    y.Add(line.Y);
                    break;
                case PointMark points:
                    x.Add(points.X);
                    y.Add(points.Y);
                    break;
                case HistogramMark histogram:
                    x.Add(histogram.Edges);
                    y.Add(histogram.Counts);
                    y.AddBase();
                    x.IsTight = true;
                    break;
                case BarMark:
                    y.AddBase();
                    break;
                case HeatMapMark map:
                    x.AddCells(map.Matrix.Columns, downwards: false);
                    y.AddCells(map.Matrix.Rows, downwards: true);
                    break;
                case RuleMark rule:
                    (rule.Vertical ? x : y).Add([rule.At]);
                    break;
            }
        }

        foreach (var sum in BarSums(panel))
        {
            y.Add([sum]);
        }

        if (panel.X.Categories is { } names && !panel.Marks.OfType<HeatMapMark>().Any())
        {
            x.AddCells(names.Count, downwards: false);
        }

        return (x.ToRange(), y.ToRange());
    }

    /// <summary>One range for all where they share a scale and its kind.</summary>
    public static AxisRange Union(IReadOnlyList<AxisRange> ranges) => ranges[0] with
    {
        Minimum = ranges.Min(range => range.Minimum),
        Maximum = ranges.Max(range => range.Maximum),
        Integers = ranges.All(range => range.Integers),
    };

    private static IEnumerable<double> BarSums(ChartPanel panel)
    {
        var bars = panel.Marks.OfType<BarMark>().ToList();
        if (panel.Bars == BarLayout.Grouped || bars.Count == 0)
        {
            return bars.SelectMany(bar => bar.Values);
        }

        return Enumerable.Range(0, bars[0].Values.Count).SelectMany(i => new[]
        {
            bars.Sum(bar => double.IsFinite(bar.Values[i]) ? Math.Max(bar.Values[i], 0) : 0),
            bars.Sum(bar => double.IsFinite(bar.Values[i]) ? Math.Min(bar.Values[i], 0) : 0),
        });
    }

    private sealed class Extent(ChartAxis axis)
    {
        private double _low = double.PositiveInfinity;
        private double _high = double.NegativeInfinity;
        private bool _integers = true;
        private bool _hasBase;
        private int? _cells;
        private bool _downwards;

        public bool IsTight { get; set; }

        public void Add(IReadOnlyList<double> values)
        {
            foreach (var value in values)
            {
                if (double.IsFinite(value) && (axis.Scale == AxisScale.Linear || value > 0))
                {
                    _low = Math.Min(_low, Math.Max(value, -AxisRange.Farthest));
                    _high = Math.Max(_high, Math.Min(value, AxisRange.Farthest));
                    _integers &= value == Math.Floor(value);
                }
            }
        }

        /// <summary>Bars stand on zero.</summary>
        public void AddBase() => _hasBase = true;

        public void AddCells(int count, bool downwards)
        {
            _cells = Math.Max(_cells ?? 0, count);
            _downwards = downwards;
        }

        public AxisRange ToRange()
        {
            if (_cells is { } cells)
            {
                var end = Math.Max(cells, 1) - 0.5;
                return _downwards
                    ? new(end, -0.5, AxisScale.Linear, Integers: true)
                    : new(axis.Minimum ?? -0.5, axis.Maximum ?? end, AxisScale.Linear, Integers: true);
            }

            return axis.Scale == AxisScale.Log ? ToLogRange() : ToLinearRange();
        }

        private AxisRange ToLinearRange()
        {
            if (_hasBase)
            {
                (_low, _high) = (Math.Min(_low, 0), Math.Max(_high, 0));

                // Shares that rounding made a little negative do not ask for room below zero.
                _low = -_low < 1e-3 * _high ? 0 : _low;
            }

            if (_low > _high)
            {
                (_low, _high) = (0, 1);
            }

            var width = _high - _low;
            if (!(width > Math.Max(Math.Abs(_low), Math.Abs(_high)) * 1e-12))
            {
                width = Math.Max(Math.Abs(_high), 1e-300) * 0.5;
                width = _low == 0 && _high == 0 ? 1 : width;
                (_low, _high) = (_low - width, _high + width);
            }

            var margin = IsTight ? 0 : Margin * (_high - _low);
            var low = axis.Minimum ?? (_hasBase && _low == 0 ? 0 : _low - margin);
            var high = axis.Maximum ?? (_hasBase && _high == 0 ? 0 : _high + margin);
            return new(low, high > low ? high : low + 1, AxisScale.Linear, _integers && _high - _low >= 3);
        }

        private AxisRange ToLogRange()
        {
            if (_low > _high)
            {
                (_low, _high) = (axis.Minimum ?? 0.1, axis.Maximum ?? 10);
            }

            double low = Math.Log10(axis.Minimum is > 0 ? axis.Minimum.Value : _low), high = Math.Log10(
                axis.Maximum is > 0 ? axis.Maximum.Value : _high);
            if (_hasBase)
            {
                low -= 0.3;
            }

            if (!(high - low > 1e-9))
            {
                (low, high) = (low - 0.5, high + 0.5);
            }

            var margin = IsTight ? 0 : Margin * (high - low);
            return new(
                axis.Minimum is > 0 ? low : low - margin,
                axis.Maximum is > 0 ? high : high + margin,
                AxisScale.Log,
                Integers: false);
        }
    }
}
