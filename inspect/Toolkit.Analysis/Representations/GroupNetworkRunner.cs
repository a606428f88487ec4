using System.Globalization;
using System.Runtime.InteropServices;
using Toolkit.Analysis.LinearAlgebra;
using Toolkit.Formats;
using Toolkit.Formats.Onnx.Editing;
using Toolkit.Formats.Onnx.Schema;
using Toolkit.Formats.Tensors;
using Toolkit.Models.Groups;
using Toolkit.Models.Networks;
using Toolkit.Runtime;

namespace Toolkit.Analysis.Representations;

/// <summary>
/// Runs a group network in ONNX Runtime over all n² pairs, a few left elements at a time, and collects the first pass.
/// </summary>
/// <remarks>
/// Only what is needed is computed: the outputs are the hidden layer, the readout and the residual. Where these are
/// read at one position of a sequence, the graph is cut down to that position at the residual, behind which everything
/// is position-wise; a run of the unchanged graph on one batch proves it.
/// </remarks>
public static class GroupNetworkRunner
{
    private const int RowsPerRun = 4096;

    /// <summary>Runs at a time: each holds some tens of megabytes of activations.</summary>
    private const int MostRuns = 8;

    private static readonly InferenceOptions OneThread = new() { Threads = 1 };

    /// <summary>
    /// The cut-down graph must agree with the whole one to this share of the largest magnitude (float32 sums in another
    /// order).
    /// </summary>
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
        FiniteGroup group,
        ModelProto model,
        string path,
        IReadOnlyList<NetworkRole> roles,
        CancellationToken cancellation = default)
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
    /// <param name="moments">The first pass of these weights: where it keeps a residual that the hidden layer follows
    /// from, only the nodes behind that run (a fifth of a one-layer transformer's multiplications); null: everything
    /// runs.</param>
    /// <param name="cancellation">Stops between two runs.</param>
    /// <returns>Runs all pairs at every call.</returns>
    public static HiddenRows Hidden(
        FiniteGroup group,
        ModelProto model,
        string path,
        IReadOnlyList<NetworkRole> roles,
        GroupNetworkMoments? moments = null,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(group);
        var reader = new GroupNetworkReader(model, path, roles);
        var pass = reader.FirstPass();
        var weights = reader.ReadWeights(group.Order);
        return visitor =>
        {
            var isCut = true;
            var behind = moments?.Residual is null
                ? null
                : OpenBehindResidual(group, model, path, pass, moments, cancellation);
            using var engine = behind ?? OpenProved(
                group, model, path, pass with { Readout = null, Logits = null }, weights, out isCut, cancellation);
            Visit(path, group.Order, [pass.Hidden], [weights.Unembed.Rows], isCut, (first, count) => behind is null
                ? RunPairs(engine, path, group.Order, first, count, cancellation)
                : RunBehindResidual(
                    engine,
                    pass.Residual!,
                    moments!,
                    group.Order,
                    first,
                    count,
                    cancellation), (first, count, values) =>
            {
                for (var x = first; x < first + count; x++)
                {
                    visitor(x, values[0].Row(x, group.Order));
                }
            });
        };
    }

    private static void Collect(
        FiniteGroup group,
        string path,
        InferenceEngine engine,
        NetworkRole[] wanted,
        bool isCut,
        GroupNetworkMoments moments,
        CancellationToken cancellation)
    {
        int[] widths = [.. wanted.Select((_, i) => moments.WidthOf(i))];
        Visit(
            path,
            group.Order,
            wanted,
            widths,
            isCut,
            (first, count) => RunPairs(engine, path, group.Order, first, count, cancellation),
            (_, _, values) =>
            {
                ReadOnlySpan<float> Part(int which) => which < values.Length ? values[which].Span : default;
                moments.Add(Part(0), Part(1), Part(2));
            });
    }

    private static void Visit(
        string path,
        int n,
        NetworkRole[] wanted,
        int[] widths,
        bool isCut,
        Func<int, int, InferenceResult> run,
        Action<int, int, PositionedValues[]> visitor)
    {
        // Each run keeps to one thread, and as many go on at a time as there are cores: on a machine that is busy
        // otherwise, the threads of one run wait for each other.
        var perRun = Math.Max(1, RowsPerRun / n);
        var together = Math.Min(Environment.ProcessorCount, MostRuns);
        for (var start = 0; start < n; start += perRun * together)
        {
            int[] firsts = [.. Enumerable.Range(0, together)
                .Select(i => start + (i * perRun))
                .Where(first => first < n)];
            var results = new InferenceResult?[firsts.Length];
            try
            {
                ParallelLoop.For(
                    firsts.Length, together, i => results[i] = run(firsts[i], Math.Min(perRun, n - firsts[i])));
                for (var i = 0; i < firsts.Length; i++)
                {
                    PositionedValues[] values = [.. wanted.Select(
                        (role, k) => AtPosition(path, results[i]![role.Value!], role, isCut, widths[k], firsts[i]))];
                    visitor(firsts[i], Math.Min(perRun, n - firsts[i]), values);
                }
            }
            finally
            {
                Array.ForEach(results, result => result?.Dispose());
            }
        }
    }

    private static InferenceResult RunPairs(
        InferenceEngine engine, string path, int n, int first, int count, CancellationToken cancellation) =>
        engine.Run(PairInputs.Of(path, engine.Inputs, n).Read((long)first * n, count * n), null, cancellation);

    /// <summary>
    /// An engine that gives what the first pass needs, and nothing else, after a run of the whole graph has proved that
    /// it means what it should.
    /// </summary>
    private static InferenceEngine OpenProved(
        FiniteGroup group,
        ModelProto model,
        string path,
        FirstPassRoles pass,
        GroupNetworkWeights weights,
        out bool isCut,
        CancellationToken cancellation)
    {
        NetworkRole[] wanted = [.. pass.Values];
        using var whole = Open(
            model, path, [.. wanted, .. pass.Logits is { } logits ? new[] { logits } : []], cutAt: null);
        using var sample = RunPairs(whole, path, group.Order, 0, 1, cancellation);
        if (pass.Logits is { } answers)
        {
            var matrix = weights.ToLogits;
            var readout = pass.Readout ?? pass.Hidden;
            LogitProof.Check(
                path,
                pass,
                weights,
                AtPosition(path, sample[readout.Value!], readout, isCut: false, matrix.Rows).Span,
                AtPosition(path, sample[answers.Value!], answers, isCut: false, matrix.Columns).Span);
        }

        var cut = pass.Residual is { Position: not null } residual
            ? OpenCut(group, model, path, wanted, residual, sample, cancellation)
            : null;
        isCut = cut is not null;
        return cut ?? Open(model, path, wanted, cutAt: null);
    }

    internal static InferenceEngine Open(ModelProto model, string path, NetworkRole[] wanted, NetworkRole? cutAt)
    {
        var edit = ModelEdit.Of(model, path);
        if (cutAt is { Value: { } name, Position: { } position })
        {
            var value = edit.Graph.Find(name)
                ?? throw new BadInputException($"{path}: '{name}' is not a value of the graph.");
            var original = edit.Detach(value);
            var index = edit.FreshName("position");
            edit.AddConstant(new TensorProto
            {
                Name = index,
                DataType = (int)ElementType.Int64,
                Dims = { 1 },
                Int64Data = { position },
            });
            edit.AddNodesBehind(
                value, SchemaNodes.Node("Gather", [original, index], [name], SchemaNodes.Integer("axis", 1)));
        }

        edit.Model.Graph.Output.Clear();
        foreach (var output in wanted.Select(role => role.Value).Distinct(StringComparer.Ordinal))
        {
            edit.Model.Graph.Output.Add(new ValueInfoProto { Name = output });
        }

        return InferenceEngine.Open(edit.Model, path, OneThread);
    }

    private static InferenceEngine? OpenCut(
        FiniteGroup group,
        ModelProto model,
        string path,
        NetworkRole[] wanted,
        NetworkRole residual,
        InferenceResult expected,
        CancellationToken cancellation)
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

    /// <summary>
    /// The nodes between the residual and the hidden layer alone; null where the hidden layer needs more than the kept
    /// rows of the residual.
    /// </summary>
    private static InferenceEngine? OpenBehindResidual(
        FiniteGroup group,
        ModelProto model,
        string path,
        FirstPassRoles pass,
        GroupNetworkMoments moments,
        CancellationToken cancellation)
    {
        InferenceEngine? behind = null;
        try
        {
            var edit = ModelEdit.Of(model, path);
            if (edit.Graph.Find(pass.Residual!.Value!) is not { Producer: not null } residual)
            {
                return null;
            }

            edit.Cut(residual, ElementType.Float32);
            edit.Model.Graph.Output.Clear();
            edit.Model.Graph.Output.Add(new ValueInfoProto { Name = pass.Hidden.Value });
            KeepWhatIsNeeded(edit.Model.Graph);
            behind = InferenceEngine.Open(edit.Model, path, OneThread);
            using var found = RunBehindResidual(behind, pass.Residual!, moments, group.Order, 0, 1, cancellation);
            using var whole = Open(model, path, [pass.Hidden], cutAt: null);
            using var expected = RunPairs(whole, path, group.Order, 0, 1, cancellation);
            if (Agree(path, pass.Hidden, expected[pass.Hidden.Value!], found[pass.Hidden.Value!]))
            {
                return behind;
            }
        }
        catch (BadInputException)
        {
            // The hidden layer reads something beside the residual, or other positions of it: the whole graph runs.
        }

        behind?.Dispose();
        return null;
    }

    private static InferenceResult RunBehindResidual(
        InferenceEngine engine,
        NetworkRole residual,
        GroupNetworkMoments moments,
        int n,
        int first,
        int count,
        CancellationToken cancellation)
    {
        using var part = moments.Residual!.narrow(0, (long)first * n, (long)count * n);
        var shape = residual.Position is null
            ? new TensorShape(count * n, moments.ReadoutWidth)
            : new TensorShape(count * n, 1, moments.ReadoutWidth);
        var rows = HostTensor.Float32(shape, MemoryMarshal.Cast<byte, float>(part.bytes).ToArray());
        return engine.Run(
            new Dictionary<string, InputValue>(StringComparer.Ordinal) { [residual.Value!] = rows },
            null,
            cancellation);
    }

    /// <summary>Takes out the nodes and inputs that no output needs; nodes are in order of evaluation.</summary>
    private static void KeepWhatIsNeeded(GraphProto graph)
    {
        var needed = graph.Output.Select(output => output.Name).ToHashSet(StringComparer.Ordinal);
        for (var i = graph.Node.Count - 1; i >= 0; i--)
        {
            if (graph.Node[i].Output.Any(needed.Contains))
            {
                needed.UnionWith(graph.Node[i].Input);
            }
            else
            {
                graph.Node.RemoveAt(i);
            }
        }

        foreach (var input in graph.Input.Where(input => !needed.Contains(input.Name)).ToList())
        {
            graph.Input.Remove(input);
        }
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

    internal static PositionedValues AtPosition(
        string path, NativeValue value, NetworkRole role, bool isCut, int? width, int first = 0)
    {
        var shape = value.Shape;
        var last = shape.Rank == 0 ? 1 : shape[shape.Rank - 1];
        if (value.Type != ElementType.Float32
            || last != (width ?? last)
            || shape.Rank != (role.Position is null ? 2 : 3))
        {
            throw new BadInputException(
                $"{path}: '{role.Value}' (role '{role.Name}') is {value.Type.DisplayName()} {shape}; expected was "
                    + "float32 [batch, "
                + $"{(role.Position is null ? string.Empty : "position, ")}{width?.ToString(CultureInfo.InvariantCulture) ?? "width"}]. "
                + $"Another value, or one at a position, is named by --role {role.Name}=VALUE or --role "
                + $"{role.Name}=VALUE@POSITION.");
        }

        return new PositionedValues(value, role.Position is null ? null : isCut ? 0 : role.Position, (int)last, first);
    }
}
