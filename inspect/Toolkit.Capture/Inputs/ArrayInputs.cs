using Toolkit.Capture.Interventions;
using Toolkit.Capture.Streaming;
using Toolkit.Formats;
using Toolkit.Formats.Tables;
using Toolkit.Formats.Tensors;
using Toolkit.Runtime;

namespace Toolkit.Capture.Inputs;

/// <summary>
/// Samples from arrays in memory: .npz, .npy, .safetensors, .parquet. The axis of an array that counts samples is the
/// one that counts them in the model's input; arrays of one axis more than the input have it first.
/// </summary>
internal sealed class ArrayInputs : IInputSource
{
    /// <summary>How many names a message lists.</summary>
    internal const int MostNames = 20;

    private readonly Dictionary<string, Binding> _bindings = new(StringComparer.Ordinal);
    private readonly IReadOnlyList<TableColumn> _columns;

    /// <summary>Matches arrays with the inputs of a model.</summary>
    /// <param name="source">What messages call the arrays.</param>
    /// <param name="sha256">Their hash.</param>
    /// <param name="arrays">By input name; a single array may have any name where the model has one input.</param>
    /// <param name="inputs">The model's inputs.</param>
    /// <param name="axes">Which axis of each counts samples.</param>
    /// <param name="columns">What is known of the samples beside.</param>
    /// <param name="optional">Inputs that come from elsewhere (carried state) and may be missing here.</param>
    /// <param name="held">Names that the source holds, for messages; null for those of the arrays.</param>
    /// <exception cref="BadInputException">An array is missing or does not fit; all faults are listed.</exception>
    public ArrayInputs(
        string source,
        string? sha256,
        IReadOnlyDictionary<string, HostTensor> arrays,
        IReadOnlyList<ValueDescription> inputs,
        SampleAxes axes,
        IReadOnlyList<TableColumn>? columns = null,
        IReadOnlySet<string>? optional = null,
        IReadOnlyList<string>? held = null)
    {
        Source = source;
        Sha256 = sha256;
        _columns = columns ?? [];
        var faults = new List<string>();
        foreach (var input in inputs)
        {
            var name = !arrays.ContainsKey(input.Name) && inputs.Count == 1 && arrays.Count == 1
                ? arrays.Keys.First()
                : input.Name;
            if (!arrays.TryGetValue(name, out var array))
            {
                if (optional?.Contains(input.Name) != true)
                {
                    faults.Add(
                        $"{source}: there is no array for input {HostileText.Quote(input.Name)} "
                            + $"({Describe(input)}). It holds: "
                            + $"{HostileText.List(held ?? [.. arrays.Keys], MostNames)}.");
                }

                continue;
            }

            if (Bind(input, array, axes[input.Name]) is { } binding)
            {
                _bindings.Add(input.Name, binding);
            }
            else
            {
                faults.Add(
                    $"{source}: array {HostileText.Quote(name)} is {array.Type.DisplayName()} {array.Shape}; the model "
                        + $"takes {Describe(input)}{SeveralRuns(input)}.");
            }
        }

        var counts = _bindings.Where(b => b.Value.Samples is not null).GroupBy(b => b.Value.Samples!.Value).ToList();
        if (counts.Count > 1)
        {
            faults.Add($"{source}: the arrays differ in number of samples: "
                + string.Join(", ", counts.Select(c => $"{c.Key} in {HostileText.Quote(c.First().Key)}"))
                + ". Where another axis counts them, say so: --sample-axis input=axis.");
        }

        if (faults.Count > 0)
        {
            throw new BadInputException(string.Join(Environment.NewLine, faults));
        }

        Samples = counts.Count == 0 ? 1 : counts[0].Key;
        FixedBatch = counts.Count == 0 || _bindings.Values.Any(b => b.IsSingle) ? 1 : null;
    }

    public string Source { get; }

    public string? Sha256 { get; }

    public long Samples { get; }

    public int? FixedBatch { get; }

    public IReadOnlyDictionary<string, InputValue> Read(long firstSample, int samples) => _bindings.ToDictionary(
        b => b.Key, b => InputValue.FromHostTensor(b.Value.Slice(firstSample, samples)), StringComparer.Ordinal);

    public IReadOnlyList<TableColumn> Describe(long firstSample, int samples) => _columns.Count == 0
        ? []
        : new Table(_columns).Slice((int)firstSample, samples).Columns;

    /// <summary>What an input wants, for messages.</summary>
    internal static string Describe(ValueDescription input) =>
        $"{input.Type.DisplayName()} [{(input.Dimensions is null ? "?" : string.Join(", ", input.Dimensions))}]";

    /// <summary>How arrays hold several runs of a model whose every extent is fixed.</summary>
    private static string SeveralRuns(ValueDescription input) =>
        input.Dimensions is [var first, ..] fixedShape && first.Extent > 1 && fixedShape.All(d => d.Extent is not null)
            ? $", or for n runs [n, {string.Join(", ", fixedShape)}]"
            : string.Empty;

    private static Binding? Bind(ValueDescription input, HostTensor array, int? axis)
    {
        var converted = ArrayConversion.To(array, input.Type);
        if (converted is null)
        {
            return null;
        }

        var shape = converted.Shape.Dimensions;
        if (input.Dimensions is not { } declared)
        {
            return axis < shape.Length ? Binding.Along(converted, axis.Value, isSingle: false) : new Binding(converted);
        }

        if (declared.Count == shape.Length && Fits(declared, shape, null))
        {
            return axis is { } counting
                ? Binding.Along(converted, counting, declared[counting].Extent is not null)
                : new Binding(converted);
        }

        // One sample at a time: [1, …] from [N, …], or […] from [N, …].
        foreach (var single in new[] { axis ?? 0, 0 })
        {
            if (declared.Count == shape.Length
                && single < declared.Count && declared[single].Extent == 1 && Fits(declared, shape, single))
            {
                return Binding.Along(converted, single, isSingle: true);
            }
        }

        return declared.Count == shape.Length - 1 && Fits(declared, shape[1..], null)
            ? new Binding(converted, new Patch(converted, null, IsWhole: true), IsSingle: true)
            : null;
    }

    private static bool Fits(IReadOnlyList<Dimension> declared, ReadOnlySpan<long> shape, int? except)
    {
        for (var i = 0; i < shape.Length; i++)
        {
            if (i != except && declared[i].Extent is { } extent && extent != shape[i])
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>An array and how samples are cut from it: whole for every run where they are not.</summary>
    private sealed record Binding(HostTensor Array, Patch? Cut = null, bool IsSingle = false)
    {
        public long? Samples => Cut?.Array.Shape[0];

        public static Binding Along(HostTensor array, int axis, bool isSingle)
        {
            var order = StoredOrder.Axes(array.Shape.Rank, axis, null);
            return new Binding(array, new Patch(Patch.Ordered(array, order), Patch.Undo(order)), isSingle);
        }

        public HostTensor Slice(long first, int count) => Cut?.Read(first, count) ?? Array;
    }
}
