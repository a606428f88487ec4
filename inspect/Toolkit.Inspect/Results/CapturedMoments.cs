using System.Security.Cryptography;
using Toolkit.Analysis.Representations;
using Toolkit.Formats.Runs;
using Toolkit.Formats.Tables;
using Toolkit.Formats.Tensors;
using Toolkit.Models.Groups;
using Toolkit.Models.Networks;

namespace Toolkit.Inspect.Results;

/// <summary>The first pass over all pairs from a run directory, in place of a forward pass.</summary>
internal static class CapturedMoments
{
    /// <summary>Values of one block at most: 64 MB as float32, over all roles together.</summary>
    private const long BlockValues = 1 << 24;

    /// <summary>Reads the values that play the roles, a few left elements at a time.</summary>
    /// <param name="run">The run.</param>
    /// <param name="modelPath">The model that the weights come from.</param>
    /// <param name="group">The group.</param>
    /// <param name="weights">The effective weights.</param>
    /// <param name="pass">The values needed.</param>
    /// <param name="whyNot">Why the run cannot be used; null where it was.</param>
    /// <param name="cancellation">Stops between two blocks.</param>
    /// <returns>The sums and the hidden layer, or null where the run is of another model or other samples, changes values, or lacks some.</returns>
    /// <exception cref="Formats.BadInputException">A file is damaged, or the logits are not what the roles say.</exception>
    public static FirstPass? TryRead(
        RunReader run,
        string modelPath,
        FiniteGroup group,
        GroupNetworkWeights weights,
        FirstPassRoles pass,
        out string? whyNot,
        CancellationToken cancellation)
    {
        var matrix = weights.Readout ?? weights.Unembed;
        var sources = new List<Source>();
        whyNot = WhyNot(run, modelPath, group) ?? (pass.Logits is null ? "it is not known which value the logits are" : null);
        foreach (var (role, width) in pass.Values.Select((role, i) => (role, i == 0 ? weights.Unembed.Rows : matrix.Rows)).Append((pass.Logits!, matrix.Columns)))
        {
            whyNot ??= WhyNot(run, role, width, sources);
        }

        if (whyNot is not null)
        {
            return null;
        }

        var n = group.Order;
        var logits = sources[^1].Read(run, 0, n);
        sources.RemoveAt(sources.Count - 1);
        LogitProof.Check(modelPath, pass, weights, sources[Math.Min(1, sources.Count - 1)].Read(run, 0, n), logits);
        var moments = GroupNetworkMoments.Create(group, weights, pass);
        try
        {
            Visit(run, n, sources, (_, rows) => moments.Add(rows[0].Span, rows.ElementAtOrDefault(1).Span, rows.ElementAtOrDefault(2).Span), cancellation);
            return new FirstPass(moments, visitor => Visit(run, n, [sources[0]], (x, rows) => visitor(x, rows[0].Span), cancellation));
        }
        catch
        {
            moments.Dispose();
            throw;
        }
    }

    /// <summary>Shows the rows (x, 0) … (x, n − 1) of every source for each x; one block is read while the one before is shown.</summary>
    private static void Visit(RunReader run, int n, List<Source> sources, Action<int, ReadOnlyMemory<float>[]> visitor, CancellationToken cancellation)
    {
        var step = (int)Math.Clamp(BlockValues / ((long)n * sources.Sum(source => source.Positions * source.Width)), 1, n);
        Task<float[][]> Block(int first) => Task.Run(
            () => sources.AsParallel().AsOrdered().Select(source => source.Read(run, (long)first * n, (long)Math.Min(step, n - first) * n)).ToArray(),
            cancellation);

        var next = Block(0);
        for (var first = 0; first < n; first += step)
        {
            cancellation.ThrowIfCancellationRequested();
            var block = next.GetAwaiter().GetResult();
            next = first + step < n ? Block(first + step) : next;
            for (var x = 0; x < Math.Min(step, n - first); x++)
            {
                visitor(first + x, [.. block.Select((values, i) => values.AsMemory(x * n * sources[i].Width, n * sources[i].Width))]);
            }
        }
    }

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

        using (var stream = File.OpenRead(modelPath))
        {
            if (Convert.ToHexStringLower(SHA256.HashData(stream)) != plan.Model.Sha256)
            {
                return $"it was captured from another model than {modelPath} (SHA-256 {plan.Model.Sha256})";
            }
        }

        var samples = run.ReadSamples();
        foreach (var (name, value) in new (string, Func<long, int>)[] { ("a", i => (int)(i / group.Order)), ("b", i => (int)(i % group.Order)) })
        {
            if (samples.Columns.FirstOrDefault(column => column.Name == name) is not { Type: ColumnType.Int32 or ColumnType.Int64 })
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
            sources.Add(new Source(entry, width, role.Position is null ? 1 : (int)shape[0], role.Position is null || shape[0] == 1 ? 0 : role.Position.Value));
        }

        return fits ? null : $"'{role.Value}' (role '{role.Name}') is {entry.StoredType} [{string.Join(", ", shape)}] for each sample";
    }

    /// <summary>One value of the run, read at one of its positions.</summary>
    private sealed record Source(TensorEntry Entry, int Width, int Positions, int Position)
    {
        public float[] Read(RunReader run, long firstSample, long samples)
        {
            var values = run.Read(Entry, firstSample, samples).AsSpan<float>();
            if (Positions == 1)
            {
                return values.ToArray();
            }

            var rows = new float[samples * Width];
            for (var row = 0; row < samples; row++)
            {
                values.Slice(((row * Positions) + Position) * Width, Width).CopyTo(rows.AsSpan(row * Width, Width));
            }

            return rows;
        }
    }
}
