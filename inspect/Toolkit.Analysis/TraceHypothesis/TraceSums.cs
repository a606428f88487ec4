using Toolkit.Analysis.LinearAlgebra;

namespace Toolkit.Analysis.TraceHypothesis;

/// <summary>The sums of one space: enough for cosine, share of variance and scale.</summary>
internal struct TraceSums
{
    public CompensatedSum Product;
    public CompensatedSum First;
    public CompensatedSum Second;

    public void Add(double product, double first, double second)
    {
        Product.Add(product);
        First.Add(first);
        Second.Add(second);
    }

    public void Add(TraceSums part) => Add(part.Product.Value, part.First.Value, part.Second.Value);

    public readonly TraceComparison ToComparison(string function, string space)
    {
        var cosine = Product.Value / Math.Sqrt(First.Value * Second.Value);
        return new TraceComparison(function, space, cosine, cosine * cosine, Product.Value / Second.Value);
    }
}
