using Toolkit.Formats;
using Toolkit.Runtime;

namespace Toolkit.Analysis.Representations;

/// <summary>The rows of a captured value at one position of its sequence.</summary>
internal sealed class PositionedValues
{
    private readonly NativeValue _value;
    private readonly float[]? _copy;
    private readonly int _first;

    /// <summary>Looks at a value.</summary>
    /// <param name="value">The value.</param>
    /// <param name="position">The position, or null.</param>
    /// <param name="width">Its last axis.</param>
    /// <param name="first">The left element of its first row.</param>
    public PositionedValues(NativeValue value, int? position, int width, int first)
    {
        _value = value;
        _first = first;
        Width = width;
        if (position is not { } at || value.Shape[1] == 1)
        {
            return;
        }

        var positions = (int)value.Shape[1];
        if (at >= positions)
        {
            throw new BadInputException($"'{value.Name}' has {positions} positions; its role asks for position {at}.");
        }

        var source = value.AsSpan<float>();
        var rows = (int)value.Shape[0];
        _copy = new float[rows * width];
        for (var row = 0; row < rows; row++)
        {
            source.Slice(((row * positions) + at) * width, width).CopyTo(_copy.AsSpan(row * width, width));
        }
    }

    public int Width { get; }

    /// <summary>The rows of the pairs (x, 0) … (x, n − 1).</summary>
    public ReadOnlySpan<float> Row(int x, int n) => Span.Slice((x - _first) * n * Width, n * Width);

    public ReadOnlySpan<float> Span => _copy ?? _value.AsSpan<float>();
}
