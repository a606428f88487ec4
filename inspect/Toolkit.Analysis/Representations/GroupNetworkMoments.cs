using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using Toolkit.Models.Groups;
using TorchSharp;
using static TorchSharp.torch;
using Tensor = TorchSharp.torch.Tensor;

namespace Toolkit.Analysis.Representations;

/// <summary>
/// The first pass over all n² pairs: sums of the hidden layer by left element, right element and product, and the
/// values the logits are linear in. Blocks of pairs come in row-major order and are not kept; memory is 4·n²·(r + s)
/// bytes for the readout and residual.
/// </summary>
/// <remarks>
/// All sums are float64. The readout is the hidden layer for networks that unembed it directly, the residual stream for
/// a transformer.
/// </remarks>
public sealed class GroupNetworkMoments : IDisposable
{
    private readonly int _order;
    private readonly FiniteGroup _group;
    private long _nextPair;

    /// <summary>Makes room for a network's sums.</summary>
    /// <param name="group">The group.</param>
    /// <param name="hiddenWidth">h, the number of hidden neurons.</param>
    /// <param name="readoutWidth">r, or 0 where the readout is the hidden layer itself.</param>
    /// <param name="hasResidual">True where a part of the readout bypasses the hidden layer; it has the readout's
    /// width.</param>
    public GroupNetworkMoments(FiniteGroup group, int hiddenWidth, int readoutWidth, bool hasResidual)
    {
        ArgumentNullException.ThrowIfNull(group);
        _group = group;
        _order = group.Order;
        HiddenWidth = hiddenWidth;
        ReadoutWidth = readoutWidth == 0 ? hiddenWidth : readoutWidth;
        SharesHidden = readoutWidth == 0;
        var pairs = (long)_order * _order;
        LeftSums = new double[_order * hiddenWidth];
        RightSums = new double[_order * hiddenWidth];
        ProductSums = new double[_order * hiddenWidth];
        ReadoutProductSums = SharesHidden ? ProductSums : new double[_order * ReadoutWidth];
        ReadoutGram = zeros(ReadoutWidth, ReadoutWidth, ScalarType.Float64);
        Readout = empty(pairs, ReadoutWidth, ScalarType.Float32);
        Residual = hasResidual ? empty(pairs, ReadoutWidth, ScalarType.Float32) : null;
    }

    /// <summary>Makes room for the values that play the roles of a network.</summary>
    /// <param name="group">The group.</param>
    /// <param name="weights">Its effective weights: they tell the widths.</param>
    /// <param name="pass">What will be added.</param>
    /// <returns>Empty sums; the caller disposes them.</returns>
    public static GroupNetworkMoments Create(FiniteGroup group, GroupNetworkWeights weights, FirstPassRoles pass)
    {
        ArgumentNullException.ThrowIfNull(weights);
        ArgumentNullException.ThrowIfNull(pass);
        return new(group, weights.Unembed.Rows, pass.Readout is null ? 0 : weights.Readout!.Rows, pass.Residual
            is not null);
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

    internal double[] LeftSums { get; }

    internal double[] RightSums { get; }

    internal double[] ProductSums { get; }

    internal double[] ReadoutProductSums { get; }

    internal Tensor ReadoutGram { get; }

    internal Tensor Readout { get; }

    internal Tensor? Residual { get; }

    /// <summary>The width of a value as <see cref="FirstPassRoles.Values"/> lists it.</summary>
    /// <param name="index">0 for the hidden layer, 1 and 2 for readout and residual.</param>
    /// <returns>h or r.</returns>
    public int WidthOf(int index) => index == 0 ? HiddenWidth : ReadoutWidth;

    /// <summary>Adds the pairs (x, 0) … (x, n − 1) of the next left element x, or of several.</summary>
    /// <param name="hidden">[n, h] for each left element, row-major.</param>
    /// <param name="readout">[n, r] for each; empty where it is the hidden layer.</param>
    /// <param name="residual">[n, r] for each; empty where there is none.</param>
    public void Add(
        ReadOnlySpan<float> hidden, ReadOnlySpan<float> readout = default, ReadOnlySpan<float> residual = default)
    {
        var count = hidden.Length / (_order * HiddenWidth);
        ArgumentOutOfRangeException.ThrowIfNotEqual(hidden.Length, count * _order * HiddenWidth);
        ArgumentOutOfRangeException.ThrowIfNotEqual(readout.Length, SharesHidden ? 0 : count * _order * ReadoutWidth);
        ArgumentOutOfRangeException.ThrowIfNotEqual(
            residual.Length, Residual is null ? 0 : count * _order * ReadoutWidth);
        var first = (int)(_nextPair / _order);
        if (first + count > _order)
        {
            throw new InvalidOperationException("All pairs have been added.");
        }

        var products = new ushort[count * _order];
        for (var x = 0; x < count; x++)
        {
            _group.Row(first + x).CopyTo(products.AsSpan(x * _order));
        }

        HiddenSquares += PairSums.Add(hidden, HiddenWidth, first, products, LeftSums, RightSums, ProductSums);
        if (!SharesHidden)
        {
            PairSums.Add(readout, ReadoutWidth, first, products, default, default, ReadoutProductSums);
        }

        AddGram(SharesHidden ? hidden : readout);
        Store(Readout, SharesHidden ? hidden : readout);
        if (Residual is not null)
        {
            Store(Residual, residual);
        }

        _nextPair += products.Length;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        ReadoutGram.Dispose();
        Readout.Dispose();
        Residual?.Dispose();
    }

    private void AddGram(ReadOnlySpan<float> readout)
    {
        using var scope = NewDisposeScope();
        using var grad = no_grad();
        var block = empty(readout.Length / ReadoutWidth, ReadoutWidth, ScalarType.Float64);
        TensorPrimitives.ConvertTruncating(readout, MemoryMarshal.Cast<byte, double>(block.bytes));
        ReadoutGram.add_(block.t().mm(block));
    }

    private void Store(Tensor target, ReadOnlySpan<float> values)
    {
        using var rows = target.narrow(0, _nextPair, values.Length / ReadoutWidth);
        values.CopyTo(MemoryMarshal.Cast<byte, float>(rows.bytes));
    }
}
