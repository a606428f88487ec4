using Toolkit.Formats;
using Toolkit.Formats.Tables;
using Toolkit.Formats.Tensors;
using Toolkit.Runtime;

namespace Toolkit.Capture.Inputs;

/// <summary>
/// Samples from arrays of a file: .npz, .npy, .safetensors, .parquet, read batch by batch. The axis of an array that
/// counts samples is the one that counts them in the model's input; arrays of one axis more than the input have it
/// first.
/// </summary>
internal sealed class ArrayInputs : IInputSource
{
    /// <summary>How many names a message lists.</summary>
    internal const int MostNames = 20;

    private readonly Dictionary<string, Binding> _bindings = new(StringComparer.Ordinal);
    private readonly IReadOnlyCollection<ArraySource> _arrays;
    private readonly ParquetRows? _beside;

    /// <summary>Matches arrays with the inputs of a model.</summary>
    /// <param name="source">What messages call the arrays.</param>
    /// <param name="sha256">Their hash.</param>
    /// <param name="arrays">
    /// By input name; a single array may have any name where the model has one input. Disposed with the samples.
    /// </param>
    /// <param name="inputs">The model's inputs.</param>
    /// <param name="axes">Which axis of each counts samples.</param>
    /// <param name="beside">Columns that ride along; disposed with the samples.</param>
    /// <param name="optional">Inputs that come from elsewhere (carried state) and may be missing here.</param>
    /// <param name="held">Names that the source holds, for messages; null for those of the arrays.</param>
    /// <exception cref="BadInputException">An array is missing or does not fit; all faults are listed.</exception>
    public ArrayInputs(
        string source,
        string? sha256,
        IReadOnlyDictionary<string, ArraySource> arrays,
        IReadOnlyList<ValueDescription> inputs,
        SampleAxes axes,
        ParquetRows? beside = null,
        IReadOnlySet<string>? optional = null,
        IReadOnlyList<string>? held = null)
    {
        Source = source;
        Sha256 = sha256;
        _arrays = [.. arrays.Values];
        _beside = beside;
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
                            + $"{HostileText.List(held ?? [.. arrays.Keys], MostNames)}."
                            + (input.Type == ElementType.Text ? " Text is taken from ONNX .pb tensors alone." : ""));
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
        b => b.Key, b => InputValue.FromHostTensor(b.Value.Read(firstSample, samples)), StringComparer.Ordinal);

    public IReadOnlyList<TableColumn> Describe(long firstSample, int samples) =>
        _beside?.Read(firstSample, samples).Columns ?? [];

    public void Dispose()
    {
        foreach (var array in _arrays)
        {
            array.Dispose();
        }

        _beside?.Dispose();
    }

    /// <summary>What an input wants, for messages.</summary>
    internal static string Describe(ValueDescription input) =>
        $"{input.Type.DisplayName()} [{(input.Dimensions is null ? "?" : string.Join(", ", input.Dimensions))}]";

    /// <summary>How arrays hold several runs of a model whose every extent is fixed.</summary>
    private static string SeveralRuns(ValueDescription input) =>
        input.Dimensions is [var first, ..] fixedShape && first.Extent > 1 && fixedShape.All(d => d.Extent is not null)
            ? $", or for n runs [n, {string.Join(", ", fixedShape)}]"
            : string.Empty;

    private static Binding? Bind(ValueDescription input, ArraySource array, int? axis)
    {
        if (!array.Fits(input.Type))
        {
            return null;
        }

        var binding = new Binding(array, input.Type);
        var shape = array.Shape.Dimensions;
        if (input.Dimensions is not { } declared)
        {
            return axis < shape.Length ? binding with { Axis = axis } : binding;
        }

        if (declared.Count == shape.Length && Fits(declared, shape, null))
        {
            return binding with { Axis = axis, IsSingle = axis is { } counting && declared[counting].Extent is not null };
        }

        // One sample at a time: [1, …] from [N, …], or […] from [N, …].
        foreach (var single in new[] { axis ?? 0, 0 })
        {
            if (declared.Count == shape.Length
                && single < declared.Count && declared[single].Extent == 1 && Fits(declared, shape, single))
            {
                return binding with { Axis = single, IsSingle = true };
            }
        }

        return declared.Count == shape.Length - 1 && Fits(declared, shape[1..], null)
            ? binding with { Axis = 0, IsSingle = true, IsWhole = true }
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

    /// <summary>An array and how samples are cut from it: along an axis, or whole for every run.</summary>
    private sealed record Binding(ArraySource Array, ElementType Type)
    {
        private readonly Lazy<HostTensor> _whole = new(() => Array.ReadWhole(Type));

        /// <summary>The array's axis that counts samples.</summary>
        public int? Axis { get; init; }

        /// <summary>True where a run takes one sample.</summary>
        public bool IsSingle { get; init; }

        /// <summary>True where one sample is all of the input, which has no axis for samples.</summary>
        public bool IsWhole { get; init; }

        public long? Samples => Axis is { } axis ? Array.Shape[axis] : null;

        public HostTensor Read(long first, int count)
        {
            if (Axis is not { } axis)
            {
                return _whole.Value;
            }

            var part = Array.Read(axis, first, count, Type);
            return IsWhole ? part.WithoutFirstAxis() : part;
        }
    }
}
