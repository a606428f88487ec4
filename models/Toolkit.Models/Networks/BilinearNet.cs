using Toolkit.Formats.Tensors;

namespace Toolkit.Models.Networks;

/// <summary>
/// The bilinear network: <c>logits = (W_x[a] ⊙ W_y[b]) · W_U</c>, without a nonlinearity (Chughtai et al., ICML 2023,
/// code).
/// </summary>
/// <param name="order">n, the order of the group.</param>
/// <param name="embedDim">e, columns of W_x and W_y; at least 1. The published code calls no other width.</param>
public sealed class BilinearNet(int order, int embedDim) : GroupNetwork(order)
{
    private const string WX = "W_x";
    private const string WY = "W_y";
    private const string WU = "W_U";

    /// <inheritdoc/>
    public override string Architecture => "BilinearNet";

    /// <inheritdoc/>
    public override IReadOnlyList<NetworkParameter> Parameters { get; } =
    [
        new(WX, new TensorShape(order, embedDim), ParameterInitialization.NormalDivided, Math.Sqrt(embedDim)),
        new(WY, new TensorShape(order, embedDim), ParameterInitialization.NormalDivided, Math.Sqrt(embedDim)),
        new(WU, new TensorShape(embedDim, order), ParameterInitialization.NormalDivided, Math.Sqrt(embedDim)),
    ];

    /// <inheritdoc/>
    public override IReadOnlyList<NetworkRole> Roles { get; } =
    [
        NetworkRole.OfValue(NetworkRole.Hidden, "hidden"),
        NetworkRole.OfValue(NetworkRole.Logits, Logits),
        NetworkRole.OfWeights(NetworkRole.EmbedX, new RoleFactor(WX)),
        NetworkRole.OfWeights(NetworkRole.EmbedY, new RoleFactor(WY)),
        NetworkRole.OfWeights(NetworkRole.Unembed, new RoleFactor(WU)),
    ];

    /// <inheritdoc/>
    public override T Forward<T>(ITensorOps<T> op, T a, T b)
    {
        ArgumentNullException.ThrowIfNull(op);
        var x = op.Named(op.Rows(op.Parameter(WX), a), "x_embed");    // [batch, e]
        var y = op.Named(op.Rows(op.Parameter(WY), b), "y_embed");    // [batch, e]
        var hidden = op.Named(op.Multiply(x, y), "hidden");           // [batch, e]
        return op.Named(op.MatMul(hidden, op.Parameter(WU)), Logits); // [batch, n]
    }
}
