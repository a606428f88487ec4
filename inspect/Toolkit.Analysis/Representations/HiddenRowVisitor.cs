namespace Toolkit.Analysis.Representations;

/// <summary>Sees the hidden layer of the pairs (x, 0) … (x, n − 1).</summary>
/// <param name="left">x.</param>
/// <param name="hidden">[n, h], row-major; valid during the call.</param>
public delegate void HiddenRowVisitor(int left, ReadOnlySpan<float> hidden);
