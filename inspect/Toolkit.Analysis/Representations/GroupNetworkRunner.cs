using Toolkit.Analysis.LinearAlgebra;
using Toolkit.Formats;
using Toolkit.Formats.Onnx.Editing;
using Toolkit.Formats.Onnx.Schema;
using Toolkit.Formats.Tensors;
using Toolkit.Models.Groups;
using Toolkit.Models.Networks;
using Toolkit.Runtime;

namespace Toolkit.Analysis.Representations;

/// <summary>Runs a group network in ONNX Runtime over all n² pairs, a few left elements at a time, and collects the first pass.</summary>
/// <remarks>
/// Only what is needed is computed: the outputs are the hidden layer, the readout and the residual. Where these are read at one position
/// of a sequence, the graph is cut down to that position at the residual, behind which everything is position-wise; a run of the unchanged
/// graph on one batch proves it.
/// </remarks>
public static class GroupNetworkRunner
{
    private const int RowsPerRun = 4096;

    /// <summary>The cut-down graph must agree with the whole one to this share of the largest magnitude (float32 sums in another order).</summary>
    private const double CutTolerance = 1e-5;

    /// <summary>Runs all pairs.</summary>
    /// <param name="group">The group.</param>
    /// <param name="model">The model.</param>
    /// <param name="path">Its file: for messages and external data.</param>
    /// <param name="roles">What plays which role.</param>
    /// <param name="cancellation">Stops between two runs.</param>
    /// <returns>The first pass; the caller disposes it.</returns>
    /// <exception cref="BadInputException">The model does not fit, or does not run.</exception>
    public static GroupNetworkMoments Run(
        FiniteGroup group, ModelProto model, string path, IReadOnlyList<NetworkRole> roles, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(group);
        var reader = new GroupNetworkReader(model, path, roles);
        var hidden = reader.RequiredValue(NetworkRole.Hidden);
        var readout = reader.Value(NetworkRole.Readout);
        var residual = readout is null ? null : reader.Value(NetworkRole.Residual);
        NetworkRole[] wanted = [hidden, .. readout is null ? [] : new[] { readout }, .. residual is null ? [] : new[] { residual }];
        var weights = reader.ReadWeights(group.Order);
        if (readout is not null && weights.Readout is null)
        {
            throw new BadInputException($"{path}: there is a role '{NetworkRole.Readout}' but no '{NetworkRole.ReadoutWeights}'; give both or neither.");
        }

        using var whole = Open(model, path, wanted, cutAt: null);
        using var cut = residual is { Position: not null } ? OpenCut(group, model, path, wanted, residual, whole) : null;
        var moments = new GroupNetworkMoments(group, weights.Unembed.Rows, readout is null ? 0 : weights.Readout!.Rows, residual is not null);
        try
        {
            Collect(group, path, cut ?? whole, wanted, cut is not null, moments, cancellation);
            return moments;
        }
        catch
        {
            moments.Dispose();
            throw;
        }
    }

    /// <summary>The hidden layer again, for analyses that need every activation but not all at a time.</summary>
    /// <param name="group">The group.</param>
    /// <param name="model">The model.</param>
    /// <param name="path">Its file: for messages and external data.</param>
    /// <param name="roles">What plays which role.</param>
    /// <param name="cancellation">Stops between two runs.</param>
    /// <returns>Runs all pairs at every call.</returns>
    public static HiddenRows Hidden(
        FiniteGroup group, ModelProto model, string path, IReadOnlyList<NetworkRole> roles, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(group);
        var reader = new GroupNetworkReader(model, path, roles);
        var hidden = reader.RequiredValue(NetworkRole.Hidden);
        var residual = reader.Value(NetworkRole.Readout) is null ? null : reader.Value(NetworkRole.Residual);
        var width = reader.ReadWeights(group.Order).Unembed.Rows;
        return visitor =>
        {
            using var whole = Open(model, path, [hidden], cutAt: null);
            using var cut = residual is { Position: not null } ? OpenCut(group, model, path, [hidden], residual, whole) : null;
            Visit(group, path, cut ?? whole, [hidden], [width], cut is not null, (x, values) => visitor(x, values[0].Row(x, group.Order)), cancellation);
        };
    }

    private static void Collect(
        FiniteGroup group, string path, InferenceEngine engine, NetworkRole[] wanted, bool isCut, GroupNetworkMoments moments, CancellationToken cancellation)
    {
        int[] widths = [.. wanted.Select((_, i) => i == 0 ? moments.HiddenWidth : moments.ReadoutWidth)];
        Visit(group, path, engine, wanted, widths, isCut, (x, values) =>
        {
            ReadOnlySpan<float> Part(int which) => which < values.Length ? values[which].Row(x, group.Order) : default;
            moments.Add(Part(0), Part(1), Part(2));
        }, cancellation);
    }

    private static void Visit(
        FiniteGroup group,
        string path,
        InferenceEngine engine,
        NetworkRole[] wanted,
        int[] widths,
        bool isCut,
        Action<int, PositionedValues[]> visitor,
        CancellationToken cancellation)
    {
        var n = group.Order;
        var perRun = Math.Max(1, RowsPerRun / n);
        for (var first = 0; first < n; first += perRun)
        {
            var count = Math.Min(perRun, n - first);
            using var result = RunPairs(engine, n, first, count, cancellation);
            var values = wanted.Select((role, i) => AtPosition(path, result[role.Value!], role, isCut, widths[i], first)).ToArray();
            for (var x = first; x < first + count; x++)
            {
                visitor(x, values);
            }
        }
    }

    private static InferenceResult RunPairs(InferenceEngine engine, int n, int first, int count, CancellationToken cancellation)
    {
        var (a, b) = (new long[count * n], new long[count * n]);
        for (var i = 0; i < a.Length; i++)
        {
            (a[i], b[i]) = (first + (i / n), i % n);
        }

        var shape = new TensorShape(a.Length);
        return engine.Run(
            new Dictionary<string, InputValue>(StringComparer.Ordinal)
            {
                [GroupNetwork.InputA] = HostTensor.Create<long>(ElementType.Int64, shape, a),
                [GroupNetwork.InputB] = HostTensor.Create<long>(ElementType.Int64, shape, b),
            },
            null,
            cancellation);
    }

    private static InferenceEngine Open(ModelProto model, string path, NetworkRole[] wanted, NetworkRole? cutAt)
    {
        var edit = ModelEdit.Of(model, path);
        if (cutAt is { Value: { } name, Position: { } position })
        {
            var value = edit.Graph.Find(name) ?? throw new BadInputException($"{path}: '{name}' is not a value of the graph.");
            var original = edit.Detach(value);
            var index = edit.FreshName("position");
            edit.AddConstant(new TensorProto
            {
                Name = index,
                DataType = (int)ElementType.Int64,
                Dims = { 1 },
                Int64Data = { position },
            });
            edit.AddNodesBehind(value, SchemaNodes.Node("Gather", [original, index], [name], SchemaNodes.Integer("axis", 1)));
        }

        edit.Model.Graph.Output.Clear();
        foreach (var role in wanted)
        {
            edit.Model.Graph.Output.Add(new ValueInfoProto { Name = role.Value });
        }

        return InferenceEngine.Open(edit.Model, path);
    }

    private static InferenceEngine? OpenCut(
        FiniteGroup group, ModelProto model, string path, NetworkRole[] wanted, NetworkRole residual, InferenceEngine whole)
    {
        InferenceEngine? cut = null;
        try
        {
            cut = Open(model, path, wanted, residual);
            using var expected = RunPairs(whole, group.Order, 0, 1, default);
            using var found = RunPairs(cut, group.Order, 0, 1, default);
            if (Array.TrueForAll(wanted, role => Agree(path, role, expected[role.Value!], found[role.Value!])))
            {
                return cut;
            }
        }
        catch (BadInputException)
        {
            // The graph behind the residual is not position-wise, so it cannot be cut: the whole one runs.
        }

        cut?.Dispose();
        return null;
    }

    private static bool Agree(string path, NetworkRole role, NativeValue expected, NativeValue found)
    {
        var width = (int)expected.Shape[expected.Shape.Rank - 1];
        var left = AtPosition(path, expected, role, isCut: false, width).Span;
        var right = AtPosition(path, found, role, isCut: true, width).Span;
        float largest = 0;
        float difference = 0;
        for (var i = 0; i < left.Length; i++)
        {
            largest = Math.Max(largest, Math.Abs(left[i]));
            difference = Math.Max(difference, Math.Abs(left[i] - right[i]));
        }

        return left.Length == right.Length && difference <= CutTolerance * largest;
    }

    private static PositionedValues AtPosition(string path, NativeValue value, NetworkRole role, bool isCut, int width, int first = 0)
    {
        var shape = value.Shape;
        var last = shape.Rank == 0 ? 1 : shape[shape.Rank - 1];
        if (last != width || shape.Rank != (role.Position is null ? 2 : 3))
        {
            throw new BadInputException(
                $"{path}: '{role.Value}' (role '{role.Name}') is {shape}; expected was [batch, {(role.Position is null ? string.Empty : "position, ")}{width}].");
        }

        return new PositionedValues(value, role.Position is null ? null : isCut ? 0 : role.Position, width, first);
    }
}
