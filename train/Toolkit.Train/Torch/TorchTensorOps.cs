using Toolkit.Models.Networks;
using TorchSharp;
using static TorchSharp.torch;

namespace Toolkit.Train.Torch;

/// <summary>
/// The back end that computes a network on Torch tensors. For training it takes the fast form of an operation; with a
/// trace it takes the plain one, keeps every position, and remembers every named value: that is what an exported file
/// is compared with.
/// </summary>
/// <param name="parameters">Every parameter by its checkpoint name.</param>
/// <param name="trace">Takes the named values; null to train.</param>
/// <remarks>Tensors belong to the dispose scope around the call.</remarks>
internal sealed class TorchTensorOps(
    IReadOnlyDictionary<string, Tensor> parameters, IDictionary<string, Tensor>? trace = null)
    : ITensorOps<Tensor>
{
    public Tensor Parameter(string name) => parameters[name];

    public Tensor Named(Tensor value, string name)
    {
        trace?.Add(name, value);
        return value;
    }

    public Tensor Rows(Tensor table, Tensor indices) => indices.dim() == 1
        ? table.index_select(0, indices)
        : table.index_select(0, indices.flatten()).reshape([.. indices.shape, table.shape[1]]);

    public Tensor ProjectPair(Tensor a, Tensor b, Tensor xTable, Tensor yTable, Tensor weights, string stackName)
    {
        if (trace is not null)
        {
            var x = Named(Rows(xTable, a), $"{stackName}.x");
            var y = Named(Rows(yTable, b), $"{stackName}.y");
            return Named(cat([x, y], 1), stackName).mm(weights);
        }

        var embedDim = xTable.shape[1];
        var left = xTable.mm(weights.narrow(0, 0, embedDim));           // [n, h]
        var right = yTable.mm(weights.narrow(0, embedDim, embedDim));   // [n, h]
        return left.index_select(0, a).add_(right.index_select(0, b));  // [batch, h]
    }

    public Tensor Tokens(Tensor a, Tensor b, long last) => stack([a, b, full_like(a, last)], 1);

    public Tensor MatMul(Tensor left, Tensor right) => left.matmul(right);

    public Tensor Add(Tensor left, Tensor right) => left.add(right);

    public Tensor Multiply(Tensor left, Tensor right) => left.mul(right);

    public Tensor Divide(Tensor value, double divisor) => value.div((float)divisor);

    // In training nobody else looks at the value, and no operation before it keeps its result for the backward pass.
    public Tensor Relu(Tensor value) => trace is null ? value.relu_() : value.relu();

    public Tensor Softmax(Tensor value) => value.softmax(-1);

    public Tensor Transpose(Tensor value, params ReadOnlySpan<long> axes) => value.permute(axes.ToArray());

    public Tensor Reshape(Tensor value, params ReadOnlySpan<long> dimensions)
    {
        var shape = dimensions.ToArray();
        for (var axis = 0; axis < shape.Length; axis++)
        {
            shape[axis] = shape[axis] == 0 ? value.shape[axis] : shape[axis];
        }

        return value.reshape(shape);
    }

    public Tensor Mask(Tensor scores, Tensor mask, Tensor ignore)
    {
        var queries = scores.shape[^2];
        return where(mask.narrow(0, mask.shape[0] - queries, queries), scores, ignore);
    }

    public Tensor SkipUnneededPositions(Tensor value) =>
        trace is null ? value.narrow(1, value.shape[1] - 1, 1) : value;

    public Tensor LastPosition(Tensor value) => value.select(1, value.shape[1] - 1);
}
