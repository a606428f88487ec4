using System.Globalization;
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
        var pass = reader.FirstPass();
        var weights = reader.ReadWeights(group.Order);
        NetworkRole[] wanted = [.. pass.Values];
        using var engine = OpenProved(group, model, path, pass, weights, out var isCut, cancellation);
        var moments = GroupNetworkMoments.Create(group, weights, pass);
        try
        {
            Collect(group, path, engine, wanted, isCut, moments, cancellation);
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
        var pass = reader.FirstPass();
        var weights = reader.ReadWeights(group.Order);
        return visitor =>
        {
            using var engine = OpenProved(group, model, path, pass with { Readout = null, Logits = null }, weights, out var isCut, cancellation);
            Visit(group, path, engine, [pass.Hidden], [weights.Unembed.Rows], isCut, (x, values) => visitor(x, values[0].Row(x, group.Order)), cancellation);
        };
    }

    private static void Collect(
        FiniteGroup group, string path, InferenceEngine engine, NetworkRole[] wanted, bool isCut, GroupNetworkMoments moments, CancellationToken cancellation)
    {
        int[] widths = [.. wanted.Select((_, i) => moments.WidthOf(i))];
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
            using var result = RunPairs(engine, path, n, first, count, cancellation);
            var values = wanted.Select((role, i) => AtPosition(path, result[role.Value!], role, isCut, widths[i], first)).ToArray();
            for (var x = first; x < first + count; x++)
            {
                visitor(x, values);
            }
        }
    }

    private static InferenceResult RunPairs(InferenceEngine engine, string path, int n, int first, int count, CancellationToken cancellation) =>
        engine.Run(PairInputs.Of(path, engine.Inputs, n).Read((long)first * n, count * n), null, cancellation);

    /// <summary>An engine that gives what the first pass needs, and nothing else, after a run of the whole graph has proved that it means what it should.</summary>
    private static InferenceEngine OpenProved(
        FiniteGroup group, ModelProto model, string path, FirstPassRoles pass, GroupNetworkWeights weights, out bool isCut, CancellationToken cancellation)
    {
        NetworkRole[] wanted = [.. pass.Values];
        using var whole = Open(model, path, [.. wanted, .. pass.Logits is { } logits ? new[] { logits } : []], cutAt: null);
        using var sample = RunPairs(whole, path, group.Order, 0, 1, cancellation);
        if (pass.Logits is { } answers)
        {
            var matrix = weights.Readout ?? weights.Unembed;
            var readout = pass.Readout ?? pass.Hidden;
            LogitProof.Check(
                path,
                pass,
                weights,
                AtPosition(path, sample[readout.Value!], readout, isCut: false, matrix.Rows).Span,
                AtPosition(path, sample[answers.Value!], answers, isCut: false, matrix.Columns).Span);
        }

        var cut = pass.Residual is { Position: not null } residual ? OpenCut(group, model, path, wanted, residual, sample, cancellation) : null;
        isCut = cut is not null;
        return cut ?? Open(model, path, wanted, cutAt: null);
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
        foreach (var output in wanted.Select(role => role.Value).Distinct(StringComparer.Ordinal))
        {
            edit.Model.Graph.Output.Add(new ValueInfoProto { Name = output });
        }

        return InferenceEngine.Open(edit.Model, path);
    }

    private static InferenceEngine? OpenCut(
        FiniteGroup group, ModelProto model, string path, NetworkRole[] wanted, NetworkRole residual, InferenceResult expected, CancellationToken cancellation)
    {
        InferenceEngine? cut = null;
        try
        {
            cut = Open(model, path, wanted, residual);
            using var found = RunPairs(cut, path, group.Order, 0, 1, cancellation);
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
        var left = AtPosition(path, expected, role, isCut: false, width: null).Span;
        var right = AtPosition(path, found, role, isCut: true, width: null).Span;
        float largest = 0;
        float difference = 0;
        for (var i = 0; i < left.Length; i++)
        {
            largest = Math.Max(largest, Math.Abs(left[i]));
            difference = Math.Max(difference, Math.Abs(left[i] - right[i]));
        }

        return left.Length == right.Length && difference <= CutTolerance * largest;
    }

    private static PositionedValues AtPosition(string path, NativeValue value, NetworkRole role, bool isCut, int? width, int first = 0)
    {
        var shape = value.Shape;
        var last = shape.Rank == 0 ? 1 : shape[shape.Rank - 1];
        if (value.Type != ElementType.Float32 || last != (width ?? last) || shape.Rank != (role.Position is null ? 2 : 3))
        {
            throw new BadInputException(
                $"{path}: '{role.Value}' (role '{role.Name}') is {value.Type.DisplayName()} {shape}; expected was float32 [batch, "
                + $"{(role.Position is null ? string.Empty : "position, ")}{width?.ToString(CultureInfo.InvariantCulture) ?? "width"}]. "
                + $"Another value, or one at a position, is named by --role {role.Name}=VALUE or --role {role.Name}=VALUE@POSITION.");
        }

        return new PositionedValues(value, role.Position is null ? null : isCut ? 0 : role.Position, (int)last, first);
    }
}
