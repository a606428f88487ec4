using System.Globalization;
using Toolkit.Analysis.LinearAlgebra;
using Toolkit.Formats;
using Toolkit.Formats.Onnx;
using Toolkit.Formats.Onnx.Schema;
using Toolkit.Formats.Tensors;
using Toolkit.Models.Groups;
using Toolkit.Models.Networks;
using Toolkit.Runtime;

namespace Toolkit.Analysis.Representations;

/// <summary>
/// Whether roles that were given by hand are what the graph computes, on a few pairs: shapes alone do not tell the left
/// embedding from the right one.
/// </summary>
/// <remarks>
/// Three tests. (1) A changed row of an embedding must change the hidden layer of the pairs with that element on that
/// side, and of no pair without the element. (2) Where the value before the nonlinearity is a function of a plus one of
/// b, and as wide as the embeddings, the rows of these must be the two functions, up to a constant. (3) The logits must
/// be residual · readout weights + hidden · unembedding. <see cref="LogitProof"/> is the fourth, of every network.
/// </remarks>
public static class RoleProof
{
    /// <summary>
    /// Share of the largest value that float32 sums in another order explain, as <see cref="LogitProof"/> allows.
    /// </summary>
    private const double Tolerance = 1e-4;

    /// <summary>Elements on each side of the pairs looked at.</summary>
    private const int MostElements = 8;

    /// <summary>Steps back from the hidden layer to the last value before the nonlinearity.</summary>
    private const int MostSteps = 16;

    /// <summary>Operators whose result may be a sum of a function of a and one of b.</summary>
    private static readonly HashSet<string> Linear = ["Add", "Sub", "Sum", "MatMul", "Gemm"];

    /// <summary>Tests the roles.</summary>
    /// <param name="group">The group.</param>
    /// <param name="model">The model.</param>
    /// <param name="path">Its file: for messages and external data.</param>
    /// <param name="roles">What plays which role.</param>
    /// <param name="cancellation">Stops between two runs.</param>
    /// <returns>What is allowed but may not be meant, in a sentence; null where there is nothing to say.</returns>
    /// <exception cref="BadInputException">A role contradicts what the graph computes.</exception>
    public static string? Check(
        FiniteGroup group,
        ModelProto model,
        string path,
        IReadOnlyList<NetworkRole> roles,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(group);
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(roles);
        var reader = new GroupNetworkReader(model, path, roles);
        var weights = reader.ReadWeights(group.Order);
        var pass = reader.FirstPass();
        if (group.Order == 1)
        {
            return null;
        }

        var pairs = new Pairs(group.Order);
        string[] before = [.. BeforeNonlinearity(model.Graph, pass.Hidden.Value!)];
        NetworkRole[] wanted =
        [
            .. pass.Values, .. pass.Logits is { } logits ? new[] { logits } : [],
            .. before.Select(name => pass.Hidden with { Value = name }),
        ];
        using var engine = GroupNetworkRunner.Open(model, path, wanted, cutAt: null);
        using var found = Run(engine, path, pairs, group.Order, cancellation);
        var hidden = Rows(path, found, pass.Hidden, weights.Unembed.Rows);
        foreach (var name in (string[])[NetworkRole.EmbedX, NetworkRole.EmbedY])
        {
            CheckSide(model, path, roles.First(role => role.Name == name), pass.Hidden, pairs, hidden, cancellation);
        }

        foreach (var name in before)
        {
            CheckSum(
                path,
                name,
                TryRows(path, found, pass.Hidden with { Value = name }, weights.EmbedX.Columns),
                pairs,
                weights);
        }

        if (pass.Residual is { } residual && pass.Logits is { } answers)
        {
            CheckResidual(
                path,
                pass,
                MatrixProduct.Of(Rows(path, found, residual, weights.Readout!.Rows), weights.Readout),
                MatrixProduct.Of(hidden, weights.Unembed),
                Rows(path, found, answers, group.Order));
        }

        var (columns, neurons) = (weights.EmbedX.Columns, weights.Unembed.Rows);
        return columns == neurons || pass.Readout is not null ? null
            : $"{path}: '{NetworkRole.EmbedX}' has {columns} columns, the hidden layer {neurons} neurons, so the "
                + "shares of "
                + "the embeddings are those of a table of embeddings, not of what it adds to the neurons. If "
                + "the latter "
                + $"is meant, give the product up to the hidden layer: --role {NetworkRole.EmbedX}=TABLE*WEIGHT.";
    }

    private static void CheckSide(
        ModelProto model,
        string path,
        NetworkRole role,
        NetworkRole hidden,
        Pairs pairs,
        HostMatrix expected,
        CancellationToken cancellation)
    {
        if (Changed(model, path, role.Factors[0], pairs.Element) is not { } changed)
        {
            return;
        }

        using var engine = GroupNetworkRunner.Open(changed, path, [hidden], cutAt: null);
        using var result = Run(engine, path, pairs, pairs.Order, cancellation);
        var found = Rows(path, result, hidden, expected.Columns);
        bool Moves(Func<long, long, bool> which) => Enumerable.Range(0, pairs.Count)
            .Any(i => which(pairs.Left[i], pairs.Right[i]) && !expected.Row(i).SequenceEqual(found.Row(i)));
        var element = pairs.Element;
        var (left, right) = (
            Moves((a, b) => a == element && b != element), Moves((a, b) => a != element && b == element));
        var isLeft = role.Name == NetworkRole.EmbedX;
        var (own, other) = isLeft ? (left, right) : (right, left);
        var product = string.Join(" · ", role.Factors);
        var side = isLeft ? "left" : "right";
        if (Moves((a, b) => a != element && b != element))
        {
            throw new BadInputException(
                $"{path}: role '{role.Name}' = {product}: another row of '{role.Factors[0]}' for one element changes "
                    + $"'{hidden.Value}' of pairs without that element, so its rows are no embedding of elements. Name "
                    + $"the table that the {side} element is looked up in: --role {role.Name}=TABLE or TABLE*WEIGHT.");
        }

        if (!own)
        {
            throw new BadInputException(
                $"{path}: role '{role.Name}' = {product}: '{hidden.Value}' does not depend on the row of "
                    + $"'{role.Factors[0]}' for the {side} element"
                    + (other
                        ? $", but on that for the {(isLeft ? "right" : "left")} one: are '{NetworkRole.EmbedX}' and "
                            + $"'{NetworkRole.EmbedY}' swapped?"
                        : ".")
                    + $" Name the table that the {side} element is looked up in: --role {role.Name}=TABLE or "
                    + "TABLE*WEIGHT.");
        }
    }

    private static void CheckSum(
        string path, string name, HostMatrix? values, Pairs pairs, GroupNetworkWeights weights)
    {
        if (values is null)
        {
            return;
        }

        var largest = values.Values.Max(Math.Abs);
        double Value(int a, int b, int column) => values[pairs.Row(a, b), column];
        double Worst(Func<int, int, int, double> deviation)
        {
            double worst = 0;
            for (var a = 0; a < pairs.Elements.Length; a++)
            {
                for (var b = 0; b < pairs.Elements.Length; b++)
                {
                    for (var column = 0; column < values.Columns; column++)
                    {
                        worst = Math.Max(worst, Math.Abs(deviation(a, b, column)));
                    }
                }
            }

            return worst;
        }

        // The value of another network may mix the two elements: then its embeddings are no terms of a sum.
        if (largest == 0
            || Worst((a, b, c) => Value(a, b, c) - Value(0, b, c) - Value(a, 0, c) + Value(0, 0, c))
                > Tolerance * largest)
        {
            return;
        }

        foreach (var (role, matrix, step) in new (string, HostMatrix, Func<int, int, double>)[]
        {
            (NetworkRole.EmbedX, weights.EmbedX, (i, c) => Value(i, 0, c) - Value(0, 0, c)),
            (NetworkRole.EmbedY, weights.EmbedY, (i, c) => Value(0, i, c) - Value(0, 0, c)),
        })
        {
            var worst = Worst((i, _, c) =>
                step(i, c) - matrix[pairs.Elements[i], c] + matrix[pairs.Elements[0], c]);
            if (worst > Tolerance * largest)
            {
                throw new BadInputException(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{path}: '{name}' is a sum of a function of each element, but the rows of role '{role}' are "
                        + $"not that "
                        + $"function: they differ by up to {worst:g3} at values of up to {largest:g3}. Give the whole "
                        + $"product of weights from the element to '{name}': --role {role}=TABLE*WEIGHT."));
            }
        }
    }

    private static void CheckResidual(
        string path, FirstPassRoles pass, HostMatrix around, HostMatrix through, HostMatrix logits)
    {
        var largest = logits.Values.Max(Math.Abs);
        var difference = Enumerable.Range(0, logits.Values.Length)
            .Max(i => Math.Abs(around.Values[i] + through.Values[i] - logits.Values[i]));
        if (difference > Tolerance * largest)
        {
            throw new BadInputException(string.Create(
                CultureInfo.InvariantCulture,
                $"{path}: '{pass.Logits!.Value}' is not '{pass.Residual!.Value}' times the weights of role "
                    + $"'{NetworkRole.ReadoutWeights}' plus '{pass.Hidden.Value}' times those of role "
                    + $"'{NetworkRole.Unembed}': they differ by up to {difference:g3} at logits of up to {largest:g3}. "
                    + $"Name the value that bypasses the hidden layer, --role {NetworkRole.Residual}=VALUE, and "
                    + $"the whole "
                    + $"product from the hidden layer to the logits, --role {NetworkRole.Unembed}=W_out*W_U."));
        }
    }

    /// <summary>
    /// Values that the hidden layer is a function of alone, the nearest first, as far as linear operators give them.
    /// </summary>
    private static IEnumerable<string> BeforeNonlinearity(GraphProto graph, string hidden)
    {
        var producers = graph.Node
            .SelectMany(node => node.Output.Select(output => (output, node)))
            .ToDictionary(pair => pair.output, pair => pair.node, StringComparer.Ordinal);
        var constants = graph.Initializer.Select(tensor => tensor.Name).ToHashSet(StringComparer.Ordinal);
        bool IsConstant(string name) => name.Length == 0 || constants.Contains(name)
            || (producers.TryGetValue(name, out var node) && node.OpType == "Constant");
        var value = hidden;
        for (var step = 0; step < MostSteps && producers.TryGetValue(value, out var producer); step++)
        {
            if (Linear.Contains(producer.OpType))
            {
                yield return value;
            }

            if (producer.Input.Where(input => !IsConstant(input)).ToList() is not [var only])
            {
                yield break;
            }

            value = only;
        }
    }

    /// <summary>
    /// The model with another row for an element in a table of embeddings; null where it is not float32.
    /// </summary>
    private static ModelProto? Changed(ModelProto model, string path, RoleFactor factor, int element)
    {
        var changed = model.Clone();
        var index = changed.Graph.Initializer.ToList().FindIndex(tensor => tensor.Name == factor.Initializer);
        var tensor = changed.Graph.Initializer[index];
        if (tensor.DataType != (int)ElementType.Float32)
        {
            return null;
        }

        var folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        var table = OnnxTensor.Read(tensor, folder, $"{path}: weight '{factor.Initializer}'");
        float[] values = [.. table.AsSpan<float>()];
        var columns = (int)table.Shape[table.Shape.Rank - 1];
        var row = (factor.FirstRow ?? 0) + element;
        var (first, stride, count) = factor.IsTransposed
            ? (row, columns, values.Length / columns)
            : (row * columns, 1, columns);

        // Far from what it was, so that no neuron stays off before and after, and no two rows of a table are alike.
        var random = new Random(1);
        var size = 10 * values.Max(Math.Abs);
        for (var i = 0; i < count; i++)
        {
            values[first + (i * stride)] += size * (random.NextSingle() - 0.5f);
        }

        changed.Graph.Initializer[index] = OnnxTensor.Write(
            factor.Initializer, HostTensor.Float32(table.Shape, values));
        return changed;
    }

    private static InferenceResult Run(
        InferenceEngine engine, string path, Pairs pairs, int order, CancellationToken cancellation) =>
        engine.Run(PairInputs.Of(path, engine.Inputs, order).Read(pairs.Left, pairs.Right), null, cancellation);

    private static HostMatrix Rows(string path, InferenceResult result, NetworkRole role, int width)
    {
        var rows = GroupNetworkRunner.AtPosition(path, result[role.Value!], role, isCut: false, width).Span;
        return new HostMatrix(rows.Length / width, width, [.. rows.ToArray().Select(value => (double)value)]);
    }

    /// <summary>The same, or null where the value has another type, rank or width.</summary>
    private static HostMatrix? TryRows(string path, InferenceResult result, NetworkRole role, int width)
    {
        var value = result[role.Value!];
        return value.Type == ElementType.Float32
            && value.Shape.Rank == (role.Position is null ? 2 : 3)
            && value.Shape[value.Shape.Rank - 1] == width
            ? Rows(path, result, role, width)
            : null;
    }

    /// <summary>All pairs of a few elements, the identity's index and others evenly taken.</summary>
    private sealed class Pairs
    {
        public Pairs(int order)
        {
            Order = order;
            var count = Math.Min(order, MostElements);
            Elements = [.. Enumerable.Range(0, count).Select(i => (int)((long)i * order / count))];
            Left = [.. Elements.SelectMany(left => Elements.Select(_ => (long)left))];
            Right = [.. Elements.SelectMany(_ => Elements.Select(right => (long)right))];
        }

        public int Order { get; }

        public int[] Elements { get; }

        public long[] Left { get; }

        public long[] Right { get; }

        public int Count => Left.Length;

        /// <summary>The element whose row is changed.</summary>
        public int Element => Elements[^1];

        /// <summary>The row of the pair of two places in <see cref="Elements"/>.</summary>
        public int Row(int left, int right) => (left * Elements.Length) + right;
    }
}
