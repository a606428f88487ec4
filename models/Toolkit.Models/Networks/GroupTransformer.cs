using Toolkit.Formats.Tensors;
using Toolkit.Models.Configuration;

namespace Toolkit.Models.Networks;

/// <summary>
/// The transformer of the papers: tokens [a, b, =], learned positions, causal attention, ReLU MLP, no normalisation;
/// the answer is read at the last position. Values and parameters have the names and shapes of TransformerLens.
/// </summary>
/// <remarks>
/// Biases exist in checkpoints, frozen at zero; the network has them only where <paramref name="withBiases"/> says so.
/// Initial weights: TransformerLens 0.2.0, N(0, (0.8/√d_model)²) in the order of <see cref="Parameters"/>.
/// </remarks>
/// <param name="order">n, the order of the group; n is also the index of the token "=".</param>
/// <param name="dimensions">The sizes; those of the MLPs are not looked at.</param>
/// <param name="withBiases">True to add the frozen biases, for a foreign checkpoint in which they are not zero.</param>
public sealed class GroupTransformer(int order, LayerSizes dimensions, bool withBiases = false) : GroupNetwork(order)
{
    private const int Positions = 3;
    private const double Ignore = -1e5;

    /// <inheritdoc/>
    public override string Architecture => "Transformer";

    /// <inheritdoc/>
    public override IReadOnlyList<NetworkParameter> Parameters { get; } = CreateParameters(
        order, dimensions, withBiases);

    /// <inheritdoc/>
    public override IReadOnlyList<NetworkRole> Roles { get; } =
    [
        NetworkRole.OfValue(NetworkRole.Hidden, $"blocks.{dimensions.Depth - 1}.mlp.hook_post", Positions - 1),
        NetworkRole.OfValue(NetworkRole.Logits, Logits),
        NetworkRole.OfWeights(NetworkRole.EmbedX, new RoleFactor("embed.W_E", EndRow: order)),
        NetworkRole.OfWeights(NetworkRole.EmbedY, new RoleFactor("embed.W_E", EndRow: order)),
        NetworkRole.OfWeights(
            NetworkRole.Unembed,
            new RoleFactor($"blocks.{dimensions.Depth - 1}.mlp.W_out"),
            new RoleFactor("unembed.W_U")),
        .. withBiases ? [] : new[]
        {
            NetworkRole.OfValue(NetworkRole.Readout, $"blocks.{dimensions.Depth - 1}.hook_resid_post", Positions - 1),
            NetworkRole.OfWeights(NetworkRole.ReadoutWeights, new RoleFactor("unembed.W_U")),
            NetworkRole.OfValue(NetworkRole.Residual, $"blocks.{dimensions.Depth - 1}.hook_resid_mid", Positions - 1),
        },
    ];

    /// <summary>The same network with its biases, which are frozen at zero in the published recipe.</summary>
    /// <returns>The network with biases.</returns>
    public GroupTransformer WithBiases() =>
        withBiases ? this : new GroupTransformer(Order, dimensions, withBiases: true);

    /// <inheritdoc/>
    public override T Forward<T>(ITensorOps<T> op, T a, T b)
    {
        ArgumentNullException.ThrowIfNull(op);
        var tokens = op.Named(op.Tokens(a, b, Order), "tokens");                          // [batch, pos]
        var embed = op.Named(op.Rows(op.Parameter("embed.W_E"), tokens), "hook_embed");   // [batch, pos, d_model]
        var position = op.Parameter("pos_embed.W_pos");                                   // [pos, d_model]
        var residual = op.Add(embed, position);                                           // [batch, pos, d_model]
        for (var layer = 0; layer < dimensions.Depth; layer++)
        {
            residual = Block(op, residual, layer);
        }

        var last = op.LastPosition(residual);                                             // [batch, d_model]
        var logits = Bias(op, op.MatMul(last, op.Parameter("unembed.W_U")), "unembed.b_U");
        return op.Named(logits, Logits);                                                  // [batch, n]
    }

    private static NetworkParameter[] CreateParameters(int order, LayerSizes size, bool withBiases)
    {
        var deviation = 0.8 / Math.Sqrt(size.ModelDim);
        List<NetworkParameter> parameters = [];
        Weight("embed.W_E", order + 1, size.ModelDim);
        Weight("pos_embed.W_pos", Positions, size.ModelDim);
        for (var layer = 0; layer < size.Depth; layer++)
        {
            var block = $"blocks.{layer}";
            Weight($"{block}.attn.W_Q", size.Heads, size.ModelDim, size.HeadDim);
            Weight($"{block}.attn.W_K", size.Heads, size.ModelDim, size.HeadDim);
            Weight($"{block}.attn.W_V", size.Heads, size.ModelDim, size.HeadDim);
            Weight($"{block}.attn.W_O", size.Heads, size.HeadDim, size.ModelDim);
            Frozen($"{block}.attn.b_Q", size.Heads, size.HeadDim);
            Frozen($"{block}.attn.b_K", size.Heads, size.HeadDim);
            Frozen($"{block}.attn.b_V", size.Heads, size.HeadDim);
            Frozen($"{block}.attn.b_O", size.ModelDim);
            parameters.Add(new NetworkParameter(
                $"{block}.attn.mask",
                new TensorShape(Positions, Positions),
                ParameterInitialization.CausalMask,
                0,
                IsTrained: false));
            parameters.Add(new NetworkParameter(
                $"{block}.attn.IGNORE", new TensorShape(), ParameterInitialization.Constant, Ignore, IsTrained: false));
            Weight($"{block}.mlp.W_in", size.ModelDim, size.MlpDim);
            Frozen($"{block}.mlp.b_in", size.MlpDim);
            Weight($"{block}.mlp.W_out", size.MlpDim, size.ModelDim);
            Frozen($"{block}.mlp.b_out", size.ModelDim);
        }

        Weight("unembed.W_U", size.ModelDim, order);
        Frozen("unembed.b_U", order);
        return [.. parameters];

        void Weight(string name, params ReadOnlySpan<long> shape) =>
            parameters.Add(new(name, new TensorShape(shape), ParameterInitialization.NormalScaled, deviation));

        void Frozen(string name, params ReadOnlySpan<long> shape)
        {
            if (withBiases)
            {
                parameters.Add(
                    new(name, new TensorShape(shape), ParameterInitialization.Constant, 0, IsTrained: false));
            }
        }
    }

    private T Block<T>(ITensorOps<T> op, T input, int layer)
    {
        var block = $"blocks.{layer}";
        input = op.Named(input, $"{block}.hook_resid_pre");
        var query = layer == dimensions.Depth - 1 ? op.SkipUnneededPositions(input) : input;
        // [batch, query, d_model]
        var attention = op.Named(Attention(op, query, input, $"{block}.attn"), $"{block}.hook_attn_out");
        // [batch, query, d_model]
        var middle = op.Named(op.Add(query, attention), $"{block}.hook_resid_mid");

        var mlp = $"{block}.mlp";
        var pre = op.Named(
            // [batch, query, d_mlp]
            Bias(op, op.MatMul(middle, op.Parameter($"{mlp}.W_in")), $"{mlp}.b_in"), $"{mlp}.hook_pre");
        // [batch, query, d_mlp]
        var post = op.Named(op.Relu(pre), $"{mlp}.hook_post");
        var output = op.Named(
            Bias(op, op.MatMul(post, op.Parameter($"{mlp}.W_out")), $"{mlp}.b_out"), $"{block}.hook_mlp_out");
        // [batch, query, d_model]
        return op.Named(op.Add(middle, output), $"{block}.hook_resid_post");
    }

    private T Attention<T>(ITensorOps<T> op, T query, T input, string attention)
    {
        var q = Heads(op, query, "Q");  // [batch, query, head, d_head]
        var k = Heads(op, input, "K");  // [batch, key, head, d_head]
        var v = Heads(op, input, "V");  // [batch, key, head, d_head]

        var scores = op.Divide(
            op.MatMul(op.Transpose(q, 0, 2, 1, 3), op.Transpose(k, 0, 2, 3, 1)), Math.Sqrt(dimensions.HeadDim));
        scores = op.Mask(scores, op.Parameter($"{attention}.mask"), op.Parameter($"{attention}.IGNORE"));
        var pattern = op.Named(
            // [batch, head, query, key]
            op.Softmax(op.Named(scores, $"{attention}.hook_attn_scores")), $"{attention}.hook_pattern");
        var z = op.Named(
            // [batch, query, head, d_head]
            op.Transpose(op.MatMul(pattern, op.Transpose(v, 0, 2, 1, 3)), 0, 2, 1, 3), $"{attention}.hook_z");

        var width = dimensions.Heads * dimensions.HeadDim;
        // [head · d_head, d_model]
        var output = op.Reshape(op.Parameter($"{attention}.W_O"), width, dimensions.ModelDim);
        // [batch, query, d_model]
        return Bias(op, op.MatMul(op.Reshape(z, 0, 0, width), output), $"{attention}.b_O");

        T Heads(ITensorOps<T> op, T from, string which)
        {
            // [head, d_model, d_head] → [d_model, head · d_head]: one matrix product for all heads.
            var weights = op.Reshape(
                op.Transpose(op.Parameter($"{attention}.W_{which}"), 1, 0, 2),
                dimensions.ModelDim,
                dimensions.Heads * dimensions.HeadDim);
            var heads = op.Reshape(op.MatMul(from, weights), 0, 0, dimensions.Heads, dimensions.HeadDim);
            return op.Named(Bias(op, heads, $"{attention}.b_{which}"), $"{attention}.hook_{which.ToLowerInvariant()}");
        }
    }

    private T Bias<T>(ITensorOps<T> op, T value, string name) => withBiases ? op.Add(value, op.Parameter(name)) : value;
}
