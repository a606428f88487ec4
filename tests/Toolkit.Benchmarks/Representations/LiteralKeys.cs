using Toolkit.Analysis.Representations;
using Toolkit.Models.Representations;
using TorchSharp;
using static TorchSharp.torch;

namespace Toolkit.Benchmarks.Representations;

/// <summary>
/// The keys of each irrep of a one-layer MLP as the paper defines them, without closed forms: cubes of n³ logits and
/// characters, bases by singular values of matrices with n and n² rows. 12 keys for each irrep but the trivial one.
/// </summary>
internal static class LiteralKeys
{
    /// <summary>
    /// A singular value below this share of the largest belongs to no direction: complex and quaternionic irreps have
    /// dependent matrix elements.
    /// </summary>
    private const double Dependent = 1e-9;

    public static Dictionary<string, double> Measure(RandomGroupNetwork network, IrrepTable irreps)
    {
        using var scope = NewDisposeScope();
        using var grad = no_grad();
        var group = network.Task.Group;
        var n = group.Order;
        var (x, y, u) = (Of(network.Weights.EmbedX), Of(network.Weights.EmbedY), Of(network.Weights.Unembed));
        var pre = x.to(ScalarType.Float32).unsqueeze(1) + y.to(ScalarType.Float32).unsqueeze(0);
        var hidden = pre.relu().view((long)n * n, x.shape[1]);                                        // [n², h]
        var logits = hidden.mm(u.to(ScalarType.Float32)).to(ScalarType.Float64);                      // [n², n]
        hidden = hidden.to(ScalarType.Float64);
        var centredHidden = hidden - hidden.mean([0], keepdim: true);
        var centred = logits - logits.mean([1], keepdim: true);
        var products = Enumerable.Range(0, n)
            .SelectMany(a => group.Row(a).ToArray().Select(product => (long)product))
            .ToArray();
        var labels = tensor(products).unsqueeze(1);
        var train = tensor(network.Task.TrainPairs.ToArray().Select(pair => (long)pair).ToArray());
        var left = tensor(Enumerable.Range(0, n * n).Select(pair => (long)(pair / n)).ToArray());
        var right = tensor(Enumerable.Range(0, n * n).Select(pair => (long)(pair % n)).ToArray());
        double Loss(Tensor rows) => -rows.log_softmax(1).gather(1, labels).mean().item<double>();
        double TrainLoss(Tensor rows) =>
            -rows.index_select(0, train).log_softmax(1).gather(1, labels.index_select(0, train)).mean().item<double>();
        double Share(Tensor basis, Tensor of) => (basis.t().mm(of).square().sum() / of.square().sum()).item<double>();
        var keys = new Dictionary<string, double>(StringComparer.Ordinal)
        {
            ["all_loss"] = Loss(logits),
            ["train_loss"] = TrainLoss(logits),
        };
        foreach (var irrep in irreps)
        {
            using var inner = NewDisposeScope();
            var size = irrep.Dimension * irrep.Dimension;
            var elements = tensor(irrep.Matrices().ToArray(), [n, size], ScalarType.Float64);
            Tensor Basis(Tensor functions)
            {
                var (columns, values, _) = linalg.svd(functions, fullMatrices: false);
                return columns.narrow(1, 0, values.gt(values[0] * Dependent).sum().item<long>());
            }

            var name = irrep.Name;
            if (!irrep.IsTrivial)
            {
                var traces = new double[(long)n * n * n];
                for (var pair = 0; pair < products.Length; pair++)
                {
                    for (var z = 0; z < n; z++)
                    {
                        traces[((long)pair * n) + z] = irrep.Character(
                            group.Multiply((int)products[pair], group.Inverse(z)));
                    }
                }

                var cube = tensor(traces, [(long)n * n, n], ScalarType.Float64);
                var similarity = ((centred * cube).sum() / (centred.norm() * cube.norm())).item<double>();
                var part = cube * (centred.norm() * similarity / cube.norm());
                keys[$"logit_{name}_rep_trace_similarity"] = similarity;
                keys[$"logit_excluded_loss_{name}_rep"] = TrainLoss(centred - part);
                keys[$"logit_restricted_loss_{name}_rep"] = Loss(part);
            }

            var basis = Basis(elements);
            keys[$"percent_x_embed_{name}_rep"] = Share(basis, x);
            keys[$"percent_y_embed_{name}_rep"] = Share(basis, y);
            keys[$"percent_unembed_{name}_rep"] = Share(basis, u.t());
            keys[$"percent_hidden_x_{name}_rep"] = Share(Basis(elements.index_select(0, left)), centredHidden);
            keys[$"percent_hidden_y_{name}_rep"] = Share(Basis(elements.index_select(0, right)), centredHidden);
            var ofProduct = Basis(elements.index_select(0, tensor(products)));
            keys[$"percent_hidden_xy_{name}_rep"] = Share(ofProduct, centredHidden);
            var projected = ofProduct.mm(ofProduct.t().mm(hidden));
            keys[$"hidden_excluded_loss_{name}_rep"] = TrainLoss((hidden - projected).mm(u));
            keys[$"hidden_restricted_loss_{name}_rep"] = Loss(projected.mm(u));
        }

        return keys;
    }

    private static Tensor Of(Toolkit.Analysis.LinearAlgebra.HostMatrix matrix) =>
        tensor(matrix.Values, [matrix.Rows, matrix.Columns], ScalarType.Float64);
}
