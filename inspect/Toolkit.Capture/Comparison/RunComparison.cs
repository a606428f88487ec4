using Toolkit.Formats;
using Toolkit.Formats.Onnx;
using Toolkit.Formats.Onnx.Graphs;
using Toolkit.Formats.Runs;
using Toolkit.Formats.Tensors;

namespace Toolkit.Capture.Comparison;

/// <summary>
/// Compares two runs over the same samples value by value, in the order of evaluation: where they first differ, by how
/// much, and which node makes the difference larger than it found it.
/// </summary>
public static class RunComparison
{
    private const long ChunkBytes = 16 << 20;

    /// <summary>
    /// A value differs where its error is over this many times the noise, which is itself a difference between two runs
    /// of the same inputs, measured over few repetitions: another pair of runs differs by about as much, rarely by
    /// three times that.
    /// </summary>
    private const double NoiseFactor = 3;

    /// <summary>Compares two runs.</summary>
    /// <param name="left">The reference.</param>
    /// <param name="right">The other.</param>
    /// <param name="tolerance">The relative error (norm of the difference by norm of the reference) up to which values
    /// count as equal.</param>
    /// <param name="cancellation">Stops between two values.</param>
    /// <returns>One row per value that both hold, and the first that differs.</returns>
    /// <exception cref="BadInputException">The runs have different samples, or no value in common.</exception>
    public static RunDifference Compare(
        RunReader left, RunReader right, double tolerance, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(left);
        ArgumentNullException.ThrowIfNull(right);
        if (left.Samples != right.Samples)
        {
            throw new BadInputException(
                $"{left.Folder} holds {left.Samples} samples, {right.Folder} {right.Samples}: only runs over the "
                    + "same samples compare.");
        }

        var others = right.Tensors.Where(t => t.IsStored).GroupBy(t => t.Name).ToDictionary(
            g => g.Key, g => g.First(), StringComparer.Ordinal);
        var mine = left.Tensors.Where(t => t.IsStored).GroupBy(t => t.Name).ToDictionary(
            g => g.Key, g => g.First(), StringComparer.Ordinal);
        var rows = new List<ValueDifference>();
        foreach (var tensor in left.Tensors.Where(t => t.IsStored && others.ContainsKey(t.Name)))
        {
            cancellation.ThrowIfCancellationRequested();
            rows.Add(Compare(left, tensor, right, others[tensor.Name]));
        }

        if (rows.Count == 0)
        {
            throw new BadInputException($"{left.Folder} and {right.Folder} have no stored value in common.");
        }

        rows = [.. WithAmplification(left, rows).Select(row => row with { Noise = Noise(row.Name) })];
        rows = [.. rows.Select(row => row with { Diverges = row.Remark is not null
            || !(row.RelativeError <= Math.Max(tolerance, NoiseFactor * (row.Noise ?? 0))) })];
        return new RunDifference(
            rows,
            rows.FirstOrDefault(static row => row.Diverges)?.Name,
            [.. left.Tensors.Where(t => t.IsStored && !others.ContainsKey(t.Name)).Select(t => t.Name)],
            [.. others.Keys.Where(name => !mine.ContainsKey(name))],
            tolerance);

        double? Noise(string name)
        {
            var (here, there) = (mine[name].RelativeNoise, others[name].RelativeNoise);
            return here is null ? there : there is null ? here : Math.Max(here.Value, there.Value);
        }
    }

    private static ValueDifference Compare(RunReader left, TensorEntry a, RunReader right, TensorEntry b)
    {
        var row = new ValueDifference { Name = a.Name, Operator = a.Operator };
        if (a.SampleShape is null || b.SampleShape is null || a.StoredType == ElementType.Text.DisplayName())
        {
            return CompareRows(left, a, right, b, row);
        }

        if (!a.SampleShape.SequenceEqual(b.SampleShape)
            || a.Granularity != b.Granularity
            || a.StoredType != b.StoredType)
        {
            return row with
            {
                Remark = $"{a.StoredType} [{string.Join(", ", a.SampleShape)}] per {a.Granularity} there, "
                    + $"{b.StoredType} [{string.Join(", ", b.SampleShape)}] per {b.Granularity} here",
            };
        }

        var sums = new ErrorSums();
        if (a.Granularity != RowGranularity.Sample)
        {
            return Add(sums, left.Read(a), right.Read(b))
                ? Into(sums, row)
                : row with
                {
                    Remark = "kept once per batch, and the batches differ: repeat one with the other's --batch",
                };
        }

        var perSample = Math.Max(1, a.SampleShape.Aggregate(8L, (x, y) => x * y));
        var step = Math.Max(1, ChunkBytes / perSample);
        for (var first = 0L; first < left.Samples; first += step)
        {
            var count = Math.Min(step, left.Samples - first);
            if (!Add(sums, left.Read(a, first, count), right.Read(b, first, count)))
            {
                return row with { Remark = $"not of the same samples, from {first} on" };
            }
        }

        return Into(sums, row);
    }

    /// <summary>Ragged values and texts, row by row.</summary>
    private static ValueDifference CompareRows(
        RunReader left, TensorEntry a, RunReader right, TensorEntry b, ValueDifference row)
    {
        var sums = new ErrorSums();
        using var others = right.ReadRagged(b).GetEnumerator();
        foreach (var one in left.ReadRagged(a))
        {
            if (!others.MoveNext())
            {
                return row with { Remark = "fewer rows in the second run" };
            }

            var other = others.Current;
            if (one.Sample != other.Sample || one.Position != other.Position
                || one.Bytes.Length != other.Bytes.Length || a.StoredType != b.StoredType)
            {
                return row with { Remark = $"sample {one.Sample} has another shape or type" };
            }

            if (one.Texts is { } texts)
            {
                sums.Add(texts, other.Texts ?? []);
            }
            else
            {
                var type = Enum.GetValues<ElementType>().First(t => t.DisplayName() == a.StoredType);
                sums.Add(type, one.Bytes, other.Bytes);
            }
        }

        return others.MoveNext() ? row with { Remark = "more rows in the second run" } : Into(sums, row);
    }

    private static bool Add(ErrorSums sums, HostTensor a, HostTensor b)
    {
        if (a.Shape != b.Shape)
        {
            return false;
        }

        sums.Add(a.Type, a.Bytes.Span, b.Bytes.Span);
        return true;
    }

    /// <summary>
    /// The error of a value by the largest error of what its node read: above 1 the node amplifies, from nothing it
    /// makes it.
    /// </summary>
    private static IEnumerable<ValueDifference> WithAmplification(RunReader run, List<ValueDifference> rows)
    {
        if (run.ModelPath is not { } path)
        {
            return rows;
        }

        var model = ModelEditGraph(path);
        var errors = rows.Where(r => r.Remark is null).ToDictionary(
            r => r.Name, r => r.RelativeError, StringComparer.Ordinal);
        return rows.Select(row =>
        {
            if (row.Remark is not null || model.Find(row.Name)?.Producer is not { } node)
            {
                return row;
            }

            var inputs = node.Inputs
                .Concat(node.Captured)
                .OfType<GraphValue>()
                .Where(v => errors.ContainsKey(v.Key))
                .Select(v => errors[v.Key])
                .ToList();
            var worst = inputs.DefaultIfEmpty(0).Max();
            return row with { Amplification = row.RelativeError == 0 ? null
                : worst == 0 ? double.PositiveInfinity
                : row.RelativeError / worst };
        });
    }

    private static ModelGraph ModelEditGraph(string path) =>
        Formats.Onnx.Editing.ModelEdit.Of(OnnxModelFile.Load(path), path).Graph;

    private static ValueDifference Into(ErrorSums sums, ValueDifference row) => row with
    {
        Count = sums.Count,
        Different = sums.Different,
        LargestError = sums.Largest,
        RelativeError = sums.RelativeError,
    };
}

/// <summary>How two runs differ.</summary>
/// <param name="Values">One row per value that both hold, in the order of evaluation of the first.</param>
/// <param name="FirstDivergent">The first value that differs by more than the tolerance and than three times its noise;
/// null where none does.</param>
/// <param name="OnlyInFirst">Values that only the first run stores.</param>
/// <param name="OnlyInSecond">Values that only the second run stores.</param>
/// <param name="Tolerance">The relative error up to which values count as equal.</param>
public sealed record RunDifference(
    IReadOnlyList<ValueDifference> Values,
    string? FirstDivergent,
    IReadOnlyList<string> OnlyInFirst,
    IReadOnlyList<string> OnlyInSecond,
    double Tolerance);

/// <summary>How one value differs between two runs.</summary>
public sealed record ValueDifference
{
    /// <summary>The value's name.</summary>
    public string Name { get; init; } = string.Empty;

    /// <summary>The operator that makes it.</summary>
    public string? Operator { get; init; }

    /// <summary>Elements compared.</summary>
    public long Count { get; init; }

    /// <summary>Elements that differ at all.</summary>
    public long Different { get; init; }

    /// <summary>
    /// The largest absolute difference; +∞ where one side is not finite and the other is something else.
    /// </summary>
    public double LargestError { get; init; }

    /// <summary>The norm of the difference by the norm of the reference.</summary>
    public double RelativeError { get; init; }

    /// <summary>
    /// The relative error by the largest of what its node reads; null where there is no error, or no node is known.
    /// </summary>
    public double? Amplification { get; init; }

    /// <summary>
    /// The relative difference between runs of the same inputs, the larger of the two runs' (<c>--repeat</c>); null
    /// where neither measured it.
    /// </summary>
    public double? Noise { get; init; }

    /// <summary>
    /// True where the error is over the tolerance and over three times the noise, or where there was nothing to
    /// compare.
    /// </summary>
    public bool Diverges { get; init; }

    /// <summary>Why it could not be compared element by element; null where it could.</summary>
    public string? Remark { get; init; }
}
