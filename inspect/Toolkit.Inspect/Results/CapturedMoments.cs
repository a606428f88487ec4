using System.Runtime.InteropServices;
using Toolkit.Analysis.Representations;
using Toolkit.Formats;
using Toolkit.Formats.Runs;
using Toolkit.Formats.Tables;
using Toolkit.Formats.Tensors;
using Toolkit.Models.Groups;
using Toolkit.Models.Networks;

namespace Toolkit.Inspect.Results;

/// <summary>The first pass over all pairs from a run directory, in place of a forward pass.</summary>
internal static class CapturedMoments
{
    /// <summary>Values of one block at most: 64 MB as float32, over all roles together; two blocks are held.</summary>
    private const long BlockValues = 1 << 24;

    /// <summary>Reads the values that play the roles, a few left elements at a time.</summary>
    /// <param name="run">The run.</param>
    /// <param name="modelPath">The model that the weights come from.</param>
    /// <param name="group">The group.</param>
    /// <param name="weights">The effective weights.</param>
    /// <param name="pass">The values needed.</param>
    /// <param name="whyNot">Why the run cannot be used; null where it was.</param>
    /// <param name="cancellation">Stops between two blocks.</param>
    /// <returns>The sums and the hidden layer, or null where the run is of another model or other samples, changes
    /// values, or lacks some.</returns>
    /// <exception cref="Formats.BadInputException">A file is damaged, or the logits are not what the roles
    /// say.</exception>
    public static FirstPass? TryRead(
        RunReader run,
        string modelPath,
        FiniteGroup group,
        GroupNetworkWeights weights,
        FirstPassRoles pass,
        out string? whyNot,
        CancellationToken cancellation)
    {
        var matrix = weights.ToLogits;
        var sources = new List<Source>();
        whyNot = WhyNot(run, modelPath, group)
            ?? (pass.Logits is null ? "it is not known which value the logits are" : null);
        foreach (var (role, width) in pass.Values
            .Select((role, i) => (role, i == 0 ? weights.Unembed.Rows : matrix.Rows))
            .Append((pass.Logits!, matrix.Columns)))
        {
            whyNot ??= WhyNot(run, role, width, sources);
        }

        if (whyNot is not null)
        {
            return null;
        }

        var n = group.Order;
        var logits = sources[^1].Read(run, n);
        sources.RemoveAt(sources.Count - 1);
        LogitProof.Check(modelPath, pass, weights, sources[Math.Min(1, sources.Count - 1)].Read(run, n), logits);
        var moments = GroupNetworkMoments.Create(group, weights, pass);
        try
        {
            Visit(run, n, sources, (_, _, values) => moments.Add(Floats(
                values[0]), Floats(values.ElementAtOrDefault(1)), Floats(values.ElementAtOrDefault(2))), cancellation);
            return new FirstPass(moments, visitor => Visit(
                run,
                n,
                [sources[0]],
                (first, count, values) =>
                {
                    var rows = Floats(values[0]);
                    for (var x = 0; x < count; x++)
                    {
                        visitor(first + x, rows.Slice(x * n * sources[0].Width, n * sources[0].Width));
                    }
                },
                cancellation));
        }
        catch
        {
            moments.Dispose();
            throw;
        }
    }

    /// <summary>Shows the values of every source a few left elements at a time (first, how many, [left elements · n,
    /// width] of each source); one block is read, on all cores, while the one before is shown.</summary>
    private static void Visit(
        RunReader run,
        int n,
        IReadOnlyList<Source> sources,
        Action<int, int, Memory<byte>[]> visitor,
        CancellationToken cancellation)
    {
        var step = (int)Math.Clamp(BlockValues / ((long)n * sources.Sum(source => source.Width)), 1, n);
        byte[][][] buffers = [.. Enumerable.Range(0, 2)
            .Select(_ => sources.Select(source => new byte[(long)step * n * source.RowBytes]).ToArray())];
        Task<Memory<byte>[]> Block(int first) => Task.Run(
            () =>
            {
                var count = Math.Min(step, n - first);
                Memory<byte>[] block = [.. sources.Select(
                    (source, i) => buffers[first / step % 2][i].AsMemory(0, count * n * source.RowBytes))];

                // A piece decodes the pages at its two ends once more than needed, so there are few.
                var pieces = Math.Min(count, Environment.ProcessorCount);
                ParallelLoop.For(sources.Count * pieces, cores: -1, item =>
                {
                    var (source, piece) = Math.DivRem(item, pieces);
                    var (from, to) = (count * piece / pieces * n, count * (piece + 1) / pieces * n);
                    var rowBytes = sources[source].RowBytes;
                    sources[source].Read(
                        run,
                        ((long)first * n) + from,
                        to - from,
                        block[source].Slice(from * rowBytes, (to - from) * rowBytes));
                });
                return block;
            },
            cancellation);

        var next = Block(0);
        for (var first = 0; first < n; first += step)
        {
            cancellation.ThrowIfCancellationRequested();
            var block = next.GetAwaiter().GetResult();
            next = first + step < n ? Block(first + step) : next;
            visitor(first, Math.Min(step, n - first), block);
        }
    }

    private static ReadOnlySpan<float> Floats(Memory<byte> values) => MemoryMarshal.Cast<byte, float>(values.Span);

    private static string? WhyNot(RunReader run, string modelPath, FiniteGroup group)
    {
        var plan = run.Manifest.Plan;
        if (plan.Options.Count > 0)
        {
            return $"it was captured with changes to the network ({string.Join(' ', plan.Options)})";
        }

        if (run.Samples != (long)group.Order * group.Order)
        {
            return $"it holds {run.Samples} samples, all pairs of {group.Name} are {(long)group.Order * group.Order}";
        }

        if (FileHash.Sha256(modelPath) != plan.Model.Sha256)
        {
            return $"it was captured from another model than {modelPath} (SHA-256 {plan.Model.Sha256})";
        }

        var samples = run.ReadSamples();
        foreach (var (name, value) in new (string, Func<long, int>)[] { ("a", i => (int)(i / group.Order)), (
            "b", i => (int)(i % group.Order)) })
        {
            if (samples.Columns.FirstOrDefault(column => column.Name == name) is not { Type: ColumnType.Int32
                or ColumnType.Int64 })
            {
                return $"its samples have no column '{name}'";
            }

            var found = samples.Numbers(name);
            for (var i = 0; i < found.Length; i++)
            {
                if (found[i] != value(i))
                {
                    return $"sample {i} has {name} = {found[i]}, in row-major order of the pairs it is {value(i)}";
                }
            }
        }

        return null;
    }

    private static string? WhyNot(RunReader run, NetworkRole role, int width, List<Source> sources)
    {
        var entry = run.Tensors.FirstOrDefault(tensor => tensor.Name == role.Value);
        if (entry is not { IsStored: true })
        {
            return $"it holds no values of '{role.Value}' (role '{role.Name}'){(entry?.Reason is { } reason ? $": {reason}" : string.Empty)}";
        }

        long[] shape = [.. entry.SampleShape ?? []];
        var fits = entry.Granularity == RowGranularity.Sample && entry.StoredType == ElementType.Float32.DisplayName()
            && (role.Position is null ? shape is [var only] && only == width
                : shape is [var positions, var last] && last == width && (positions == 1 || role.Position < positions));
        if (fits)
        {
            sources.Add(new Source(entry, width, role.Position is null || shape[0] == 1 ? 0 : role.Position.Value));
        }

        return fits
            ? null
            : $"'{role.Value}' (role '{role.Name}') is {entry.StoredType} [{string.Join(", ", shape)}] for each sample";
    }

    /// <summary>One value of the run, read at one of its positions.</summary>
    private sealed record Source(TensorEntry Entry, int Width, int Position)
    {
        public int RowBytes => Width * sizeof(float);

        public void Read(RunReader run, long firstSample, long samples, Memory<byte> target) =>
            run.ReadPosition(Entry, Position, firstSample, samples, target);

        public ReadOnlySpan<float> Read(RunReader run, long samples)
        {
            var values = new byte[samples * RowBytes];
            Read(run, 0, samples, values);
            return Floats(values);
        }
    }
}
