using System.Runtime.InteropServices;
using Toolkit.Models.Groups;
using TorchSharp;
using static TorchSharp.torch;

namespace Toolkit.Analysis.Representations;

/// <summary>
/// The first pass over all n² pairs: sums of the hidden layer by left element, right element and product, and the values the logits
/// are linear in. Blocks of pairs come in row-major order and are not kept; memory is 4·n²·(r + s) bytes for the readout and residual.
/// </summary>
/// <remarks>All sums are float64. The readout is the hidden layer for networks that unembed it directly, the residual stream for a transformer.</remarks>
public sealed class GroupNetworkMoments : IDisposable
{
    private static readonly Scalar One = 1.0;
    private readonly int _order;
    private readonly Tensor[] _products;
    private long _nextPair;

    /// <summary>Makes room for a network's sums.</summary>
    /// <param name="group">The group.</param>
    /// <param name="hiddenWidth">h, the number of hidden neurons.</param>
    /// <param name="readoutWidth">r, or 0 where the readout is the hidden layer itself.</param>
    /// <param name="hasResidual">True where a part of the readout bypasses the hidden layer; it has the readout's width.</param>
    public GroupNetworkMoments(FiniteGroup group, int hiddenWidth, int readoutWidth, bool hasResidual)
    {
        ArgumentNullException.ThrowIfNull(group);
        _order = group.Order;
        HiddenWidth = hiddenWidth;
        ReadoutWidth = readoutWidth == 0 ? hiddenWidth : readoutWidth;
        SharesHidden = readoutWidth == 0;
        var pairs = (long)_order * _order;
        LeftSums = zeros(_order, hiddenWidth, ScalarType.Float64);
        RightSums = zeros(_order, hiddenWidth, ScalarType.Float64);
        ProductSums = zeros(_order, hiddenWidth, ScalarType.Float64);
        ReadoutProductSums = zeros(_order, ReadoutWidth, ScalarType.Float64);
        ReadoutGram = zeros(ReadoutWidth, ReadoutWidth, ScalarType.Float64);
        Readout = empty(pairs, ReadoutWidth, ScalarType.Float32);
        Residual = hasResidual ? empty(pairs, ReadoutWidth, ScalarType.Float32) : null;
        _products = [.. Enumerable.Range(0, _order).Select(x => tensor([.. group.Row(x).ToArray().Select(z => (long)z)], ScalarType.Int64))];
    }

    /// <summary>h.</summary>
    public int HiddenWidth { get; }

    /// <summary>r.</summary>
    public int ReadoutWidth { get; }

    /// <summary>True where the readout is the hidden layer.</summary>
    public bool SharesHidden { get; }

    /// <summary>Σ H² over all pairs and neurons.</summary>
    public double HiddenSquares { get; private set; }

    /// <summary>True once every pair has been added.</summary>
    public bool IsComplete => _nextPair == (long)_order * _order;

    internal Tensor LeftSums { get; }

    internal Tensor RightSums { get; }

    internal Tensor ProductSums { get; }

    internal Tensor ReadoutProductSums { get; }

    internal Tensor ReadoutGram { get; }

    internal Tensor Readout { get; }

    internal Tensor? Residual { get; }

    /// <summary>Adds the pairs (x, 0) … (x, n − 1) of the next left element x.</summary>
    /// <param name="hidden">[n, h], row-major.</param>
    /// <param name="readout">[n, r]; empty where it is the hidden layer.</param>
    /// <param name="residual">[n, r]; empty where there is none.</param>
    public void Add(ReadOnlySpan<float> hidden, ReadOnlySpan<float> readout = default, ReadOnlySpan<float> residual = default)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(hidden.Length, _order * HiddenWidth);
        ArgumentOutOfRangeException.ThrowIfNotEqual(readout.Length, SharesHidden ? 0 : _order * ReadoutWidth);
        ArgumentOutOfRangeException.ThrowIfNotEqual(residual.Length, Residual is null ? 0 : _order * ReadoutWidth);
        if (IsComplete)
        {
            throw new InvalidOperationException("All pairs have been added.");
        }

        using var scope = NewDisposeScope();
        using var grad = no_grad();
        var x = _nextPair / _order;
        var products = _products[x];
        var block = Block(hidden, HiddenWidth).to(ScalarType.Float64);
        LeftSums[x].add_(block.sum(dim: 0));
        RightSums.add_(block);
        ProductSums.index_add_(0, products, block, One);
        HiddenSquares += block.square().sum().Number();

        var stored = SharesHidden ? hidden : readout;
        Store(Readout, stored);
        var values = SharesHidden ? block : Block(readout, ReadoutWidth).to(ScalarType.Float64);
        ReadoutProductSums.index_add_(0, products, values, One);
        ReadoutGram.add_(values.t().mm(values));
        if (Residual is not null)
        {
            Store(Residual, residual);
        }

        _nextPair += _order;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var tensor in (Tensor?[])[LeftSums, RightSums, ProductSums, ReadoutProductSums, ReadoutGram, Readout, Residual, .. _products])
        {
            tensor?.Dispose();
        }
    }

    private Tensor Block(ReadOnlySpan<float> values, int width)
    {
        var block = empty(_order, width, ScalarType.Float32);
        values.CopyTo(MemoryMarshal.Cast<byte, float>(block.bytes));
        return block;
    }

    private void Store(Tensor target, ReadOnlySpan<float> values)
    {
        using var rows = target.narrow(0, _nextPair, _order);
        values.CopyTo(MemoryMarshal.Cast<byte, float>(rows.bytes));
    }
}
