using Toolkit.Capture.Inputs;
using Toolkit.Capture.Planning;
using Toolkit.Formats;
using Toolkit.Formats.Checkpoints;
using Toolkit.Formats.Runs;
using Toolkit.Formats.Tensors;
using Toolkit.Runtime;

namespace Toolkit.Capture.Streaming;

/// <summary>State that goes from an output of one sample to an input of the next.</summary>
internal sealed class CarriedState
{
    private readonly IReadOnlyList<(string Output, string Input)> _carry;
    private readonly IReadOnlyList<GrowingInput> _growing;
    private readonly Dictionary<string, InputValue> _values;

    private CarriedState(
        IReadOnlyList<(string Output, string Input)> carry,
        IReadOnlyList<GrowingInput> growing,
        Dictionary<string, InputValue> values)
    {
        _carry = carry;
        _growing = growing;
        _values = values;
    }

    /// <summary>Checks that what is carried can be.</summary>
    /// <param name="options">The capture.</param>
    /// <param name="engine">The plain model.</param>
    /// <exception cref="BadInputException">A name is no input or output, an input is given two states, or an output
    /// does not fit its input.</exception>
    public static void Check(CaptureOptions options, InferenceEngine engine)
    {
        var taken = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (output, input) in options.Carry)
        {
            var what = $"{engine.ModelPath}: --carry {output}={input}:";
            var to = engine.Inputs.FirstOrDefault(i => i.Name == input)
                ?? throw new BadInputException($"{what} '{input}' is not an input. Inputs: "
                    + $"{string.Join(", ", engine.Inputs.Select(static i => i.Name))}.");
            var from = engine.Outputs.FirstOrDefault(o => o.Name == output)
                ?? throw new BadInputException($"{what} '{output}' is not an output of the model. Outputs: "
                    + $"{string.Join(", ", engine.Outputs.Select(static o => o.Name))}.");
            if (!taken.TryAdd(input, output))
            {
                throw new BadInputException($"{what} the input has the state of '{taken[input]}' already.");
            }

            if (!Fits(from, to))
            {
                throw new BadInputException(
                    $"{what} the output is {ArrayInputs.Describe(from)} and the input {ArrayInputs.Describe(to)}; a state "
                        + "goes on as it is.");
            }
        }
    }

    /// <summary>
    /// The state before the first sample: what the source gives, else zeros of the input's shape. An axis that has
    /// another symbol in the output than in the input grows, as that of a cache of keys and values does: it begins
    /// empty.
    /// </summary>
    /// <exception cref="BadInputException">A shape is not known.</exception>
    public static CarriedState Initial(
        CaptureOptions options, InferenceEngine engine, IReadOnlyDictionary<string, InputValue> inputs, long samples)
    {
        var values = new Dictionary<string, InputValue>(StringComparer.Ordinal);
        var growing = new List<GrowingInput>();
        foreach (var (output, input) in options.Carry)
        {
            var description = engine.Inputs.First(i => i.Name == input);
            var carried = engine.Outputs.First(o => o.Name == output);
            growing.AddRange(GrowingInput.Of(engine.Inputs, description, carried, samples));
            if (inputs.ContainsKey(input))
            {
                continue;
            }

            var shape = description.Dimensions?.Select((d, axis) =>
                DimensionNames.ExtentOf(input, axis, d, options.Dimensions)
                    ?? (GrowingInput.Grows(description, carried, axis) ? 0 : (long?)null)).ToArray();

            // The extent that counts samples is 1; any other must be said.
            if (shape is null || shape.Count(d => d is null) > 1)
            {
                throw new BadInputException(
                    $"{engine.ModelPath}: the initial value of '{input}' has no shape. Give its extents with --dim, "
                        + $"for example --dim {input}.1=1, or an array.");
            }

            var tensor = new TensorShape([.. shape.Select(d => d ?? 1)]);
            values[input] = new HostTensor(
                description.Type, tensor, new byte[description.Type.SizeBytes(tensor.Count)]);
        }

        var all = Join(inputs, values);
        return new CarriedState(options.Carry, [.. growing.Select(one => one.From(all))], values);
    }

    /// <summary>The state before a sample of a run: what a finished segment left, else the initial one.</summary>
    /// <param name="run">The run.</param>
    /// <param name="preparation">The capture.</param>
    /// <param name="first">The sample.</param>
    /// <param name="samples">Samples of the first batch.</param>
    public static CarriedState Before(RunWriter run, CapturePreparation preparation, long first, int samples)
    {
        if (preparation.Options.Carry.Count == 0)
        {
            return new CarriedState([], [], []);
        }

        var state = Initial(
            preparation.Options,
            preparation.Engine,
            preparation.Source.Read(first, samples),
            preparation.Source.Samples);
        if (first > run.FirstSample)
        {
            using var stored = Checkpoint.Open(FileOf(run, run.Finished.Count - 1));
            state.Load(stored.Tensors.ToDictionary(t => t.Name, t => stored.Read(t), StringComparer.Ordinal));
        }

        return state;
    }

    /// <summary>Where the state behind a segment lies until the run is complete.</summary>
    public static string FileOf(RunWriter run, int segment) =>
        Path.Combine(run.Folder, "shards", $"{run.Shard}-{segment}.state.npz");

    /// <summary>Deletes the states of a complete run.</summary>
    public static void Delete(RunWriter run)
    {
        foreach (var segment in run.Finished)
        {
            File.Delete(FileOf(run, segment.Index));
        }
    }

    /// <summary>Inputs together with the state.</summary>
    public IReadOnlyDictionary<string, InputValue> With(IReadOnlyDictionary<string, InputValue> inputs)
    {
        if (_carry.Count == 0)
        {
            return inputs;
        }

        var all = Join(inputs, _values);
        foreach (var input in _growing)
        {
            input.Cut(all);
        }

        return all;
    }

    /// <summary>Takes the state that a run gave.</summary>
    public void Update(InferenceResult result)
    {
        foreach (var (output, input) in _carry)
        {
            _values[input] = result[output].ToHostTensor();
        }
    }

    /// <summary>The same state, to begin from more than once.</summary>
    public CarriedState Copy() =>
        new(_carry, _growing, new Dictionary<string, InputValue>(_values, StringComparer.Ordinal));

    /// <summary>The state, to be stored.</summary>
    public IReadOnlyDictionary<string, HostTensor> Save() =>
        _values.ToDictionary(v => v.Key, v => ((TensorInput)v.Value).Tensor, StringComparer.Ordinal);

    /// <summary>Goes on from a stored state.</summary>
    private void Load(IReadOnlyDictionary<string, HostTensor> state)
    {
        foreach (var (name, tensor) in state)
        {
            _values[name] = tensor;
        }
    }

    /// <summary>Whether declared types and fixed extents let an output be an input.</summary>
    private static bool Fits(ValueDescription output, ValueDescription input) =>
        output.Kind == input.Kind && output.Type == input.Type
            && (output.Dimensions is not { } from || input.Dimensions is not { } to
                || (from.Count == to.Count
                    && from.Zip(to).All(static pair => pair.First.Extent is not { } extent
                        || (pair.Second.Extent ?? extent) == extent)));

    private static Dictionary<string, InputValue> Join(
        IReadOnlyDictionary<string, InputValue> inputs, Dictionary<string, InputValue> state)
    {
        var all = new Dictionary<string, InputValue>(inputs, StringComparer.Ordinal);
        foreach (var (name, value) in state)
        {
            all[name] = value;
        }

        return all;
    }
}
