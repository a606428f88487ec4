namespace Toolkit.Analysis.LinearAlgebra;

/// <summary>
/// A running sum in binary64 with Neumaier's compensation: the error does not grow with the number of summands.
/// </summary>
public struct CompensatedSum
{
    private double _sum;
    private double _compensation;

    /// <summary>The sum so far; 0 before the first summand.</summary>
    public readonly double Value => double.IsFinite(_sum) ? _sum + _compensation : _sum;

    /// <summary>Adds a summand.</summary>
    /// <param name="value">The summand; NaN and infinities make the sum what a plain sum would be.</param>
    public void Add(double value)
    {
        var next = _sum + value;
        _compensation += Math.Abs(_sum) >= Math.Abs(value) ? _sum - next + value : value - next + _sum;
        _sum = next;
    }
}
