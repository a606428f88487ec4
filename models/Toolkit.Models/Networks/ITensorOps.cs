namespace Toolkit.Models.Networks;

/// <summary>
/// The operations that networks are written in. A back end computes them at once (Torch, for training) or writes them
/// down (the ONNX graph builder, for export), so that the exported network cannot drift from the trained one.
/// </summary>
/// <typeparam name="T">A tensor of the back end.</typeparam>
/// <remarks>
/// Operations of one network that training wants in a faster form (<see cref="ProjectPair"/>,
/// <see cref="SkipUnneededPositions"/>) are operations here, lowered by each back end in its own way; tests hold them
/// equal.
/// </remarks>
public interface ITensorOps<T>
{
    /// <summary>A parameter of the network by its checkpoint name.</summary>
    /// <param name="name">One of <see cref="GroupNetwork.Parameters"/>.</param>
    /// <returns>The parameter, in its own shape.</returns>
    T Parameter(string name);

    /// <summary>Gives a value the name that the literature knows it by. A back end that traces keeps it.</summary>
    /// <param name="value">The value.</param>
    /// <param name="name">For example <c>hidden</c> or <c>blocks.0.attn.hook_z</c>.</param>
    /// <returns>The value to go on with.</returns>
    T Named(T value, string name);

    /// <summary>Picks rows: <c>out[…] = table[indices[…]]</c>.</summary>
    /// <param name="table">[rows, columns], float32.</param>
    /// <param name="indices">Any shape, int64, each in 0 to rows − 1.</param>
    /// <returns>[indices…, columns].</returns>
    T Rows(T table, T indices);

    /// <summary>The affine-free first layer of the MLPs: <c>[xTable[a], yTable[b]] · weights</c>.</summary>
    /// <param name="a">[batch], int64.</param>
    /// <param name="b">[batch], int64.</param>
    /// <param name="xTable">[n, e].</param>
    /// <param name="yTable">[n, e].</param>
    /// <param name="weights">[2e, h].</param>
    /// <param name="stackName">The name of the concatenated embeddings, [batch, 2e].</param>
    /// <returns>[batch, h].</returns>
    /// <remarks>
    /// Also <c>(xTable · weights[:e])[a] + (yTable · weights[e:])[b]</c>, exactly: 4·n·e·h instead of 4·batch·e·h
    /// floating-point operations, which is n times fewer on all pairs. A back end that trains uses it.
    /// </remarks>
    T ProjectPair(T a, T b, T xTable, T yTable, T weights, string stackName);

    /// <summary>The transformer's input: <c>out[i] = [a[i], b[i], last]</c>.</summary>
    /// <param name="a">[batch], int64.</param>
    /// <param name="b">[batch], int64.</param>
    /// <param name="last">The token that follows: "=".</param>
    /// <returns>[batch, 3], int64.</returns>
    T Tokens(T a, T b, long last);

    /// <summary>Matrix product of the last two axes; leading axes broadcast.</summary>
    /// <param name="left">[…, m, k].</param>
    /// <param name="right">[…, k, n].</param>
    /// <returns>[…, m, n].</returns>
    T MatMul(T left, T right);

    /// <summary>Elementwise sum with broadcasting.</summary>
    /// <param name="left">One summand.</param>
    /// <param name="right">The other.</param>
    /// <returns>The sum.</returns>
    T Add(T left, T right);

    /// <summary>Elementwise product with broadcasting.</summary>
    /// <param name="left">One factor.</param>
    /// <param name="right">The other.</param>
    /// <returns>The product.</returns>
    T Multiply(T left, T right);

    /// <summary>Division by a constant, which is rounded to float32 first.</summary>
    /// <param name="value">The dividend.</param>
    /// <param name="divisor">Not 0.</param>
    /// <returns>The quotient.</returns>
    T Divide(T value, double divisor);

    /// <summary>Elementwise <c>max(x, 0)</c>.</summary>
    /// <param name="value">Any shape.</param>
    /// <returns>The same shape.</returns>
    T Relu(T value);

    /// <summary>Softmax over the last axis.</summary>
    /// <param name="value">Any shape of rank 1 or more.</param>
    /// <returns>The same shape.</returns>
    T Softmax(T value);

    /// <summary>Permutes axes.</summary>
    /// <param name="value">Any shape.</param>
    /// <param name="axes">For each axis of the result, the axis of <paramref name="value"/>.</param>
    /// <returns>The permuted tensor.</returns>
    T Transpose(T value, params ReadOnlySpan<long> axes);

    /// <summary>Gives the elements another shape, in row-major order.</summary>
    /// <param name="value">Any shape.</param>
    /// <param name="dimensions">The extents; 0 keeps the extent of the same axis, one may be −1: whatever is
    /// left.</param>
    /// <returns>The reshaped tensor.</returns>
    T Reshape(T value, params ReadOnlySpan<long> dimensions);

    /// <summary>Replaces the scores of later positions: <c>mask ? scores : ignore</c>.</summary>
    /// <param name="scores">[batch, head, query position, key position]; the queries are the last ones.</param>
    /// <param name="mask">[positions, positions], bool: true where the query (row) may look at the key
    /// (column).</param>
    /// <param name="ignore">Scalar, float32: a large negative number.</param>
    /// <returns>The same shape as <paramref name="scores"/>.</returns>
    T Mask(T scores, T mask, T ignore);

    /// <summary>
    /// Drops every position but the last where nothing behind this point needs them. A back end that shows every value
    /// keeps them.
    /// </summary>
    /// <param name="value">[batch, positions, …].</param>
    /// <returns><paramref name="value"/>, or [batch, 1, …].</returns>
    T SkipUnneededPositions(T value);

    /// <summary>The last position alone.</summary>
    /// <param name="value">[batch, positions, columns].</param>
    /// <returns>[batch, columns].</returns>
    T LastPosition(T value);
}
