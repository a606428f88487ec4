using Toolkit.Formats.Tensors;

namespace Toolkit.Models.Networks;

/// <summary>
/// The network of the papers: <c>logits = ReLU([W_x[a], W_y[b]] · W) · W_U</c>, without biases (Chughtai et al., ICML
/// 2023). With a bias, <c>logits = (ReLU(…) + bias) · W_U</c>: behind the nonlinearity, as the published code has it.
/// </summary>
/// <param name="order">n, the order of the group.</param>
/// <param name="embedDim">e, columns of W_x and W_y; at least 1.</param>
/// <param name="hiddenDim">h, neurons; at least 1.</param>
/// <param name="depth">Hidden layers; 1 in the papers. Layer i from 1 on has weights <c>W_i</c> [h, h] before its
/// ReLU.</param>
/// <param name="withBias">True for OneLayerMLPwithBias.</param>
public sealed class OneLayerMlp(int order, int embedDim, int hiddenDim, int depth = 1, bool withBias = false)
    : GroupNetwork(order)
{
    private const string WX = "W_x";
    private const string WY = "W_y";
    private const string W = "W";
    private const string WU = "W_U";
    private const string Bias = "bias";

    /// <inheritdoc/>
    public override string Architecture => withBias ? "OneLayerMLPwithBias" : "OneLayerMLP";

    /// <inheritdoc/>
    public override IReadOnlyList<NetworkParameter> Parameters { get; } =
    [
        new(WX, new TensorShape(order, embedDim), ParameterInitialization.NormalDivided, Math.Sqrt(embedDim)),
        new(WY, new TensorShape(order, embedDim), ParameterInitialization.NormalDivided, Math.Sqrt(embedDim)),
        new(W, new TensorShape(2 * embedDim, hiddenDim), ParameterInitialization.NormalDivided, Math.Sqrt(
            2 * embedDim)),
        .. Enumerable.Range(1, depth - 1).Select(layer => new NetworkParameter(
            $"W_{layer}",
            new TensorShape(hiddenDim, hiddenDim),
            ParameterInitialization.NormalDivided,
            Math.Sqrt(hiddenDim))),
        .. withBias ? [new NetworkParameter(Bias, new TensorShape(hiddenDim), ParameterInitialization.Constant, 0)]
            : Array.Empty<NetworkParameter>(),
        new(WU, new TensorShape(hiddenDim, order), ParameterInitialization.NormalDivided, Math.Sqrt(hiddenDim)),
    ];

    /// <inheritdoc/>
    public override IReadOnlyList<NetworkRole> Roles { get; } =
    [
        NetworkRole.OfValue(NetworkRole.Hidden, "hidden"),
        NetworkRole.OfValue(NetworkRole.Logits, Logits),
        NetworkRole.OfWeights(NetworkRole.EmbedX, new RoleFactor(WX), new RoleFactor(W, EndRow: embedDim)),
        NetworkRole.OfWeights(NetworkRole.EmbedY, new RoleFactor(WY), new RoleFactor(W, FirstRow: embedDim)),
        NetworkRole.OfWeights(NetworkRole.Unembed, new RoleFactor(WU)),
    ];

    /// <inheritdoc/>
    public override T Forward<T>(ITensorOps<T> op, T a, T b)
    {
        ArgumentNullException.ThrowIfNull(op);
        // [batch, h]
        var current = op.ProjectPair(a, b, op.Parameter(WX), op.Parameter(WY), op.Parameter(W), "embed_stack");
        for (var layer = 1; layer < depth; layer++)
        {
            current = op.Named(current, $"pre_activation.{layer - 1}");
            current = op.Named(op.Relu(current), $"hidden.{layer - 1}");
            current = op.MatMul(current, op.Parameter($"W_{layer}"));                               // [batch, h]
        }

        var active = op.Relu(op.Named(current, "pre_activation"));                                  // [batch, h]
        var hidden = op.Named(withBias ? op.Add(active, op.Parameter(Bias)) : active, "hidden");    // [batch, h]
        return op.Named(op.MatMul(hidden, op.Parameter(WU)), Logits);                               // [batch, n]
    }
}
