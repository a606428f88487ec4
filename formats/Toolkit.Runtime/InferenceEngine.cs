using System.Text.RegularExpressions;
using Microsoft.ML.OnnxRuntime;
using Toolkit.Formats;
using Toolkit.Formats.Onnx;
using Toolkit.Formats.Onnx.Schema;
using Toolkit.Formats.Tensors;
using Toolkit.Runtime.Observation;

namespace Toolkit.Runtime;

/// <summary>
/// A model, loaded into ONNX Runtime and ready to run. Several runs may be under way at once. Whatever the runtime
/// finds wrong with a model or its inputs comes out as <see cref="BadInputException"/>.
/// </summary>
public sealed partial class InferenceEngine : IDisposable
{
    /// <summary>Where the runtime looks for external data of a model that it gets as bytes.</summary>
    private const string ExternalFolderKey = "session.model_external_initializers_file_folder_path";

    private readonly InferenceSession _session;
    private readonly Dictionary<string, ValueDescription> _inputs;
    private readonly Dictionary<string, ValueDescription> _outputs;

    private readonly ObserveOperator? _observe;
    private readonly ValueCollector? _collector;

    private InferenceEngine(
        InferenceSession session, string modelPath, string device, ObserveOperator? observe, ValueCollector? collector)
    {
        _session = session;
        _observe = observe;
        _collector = collector;
        ModelPath = modelPath;
        Device = device;
        Inputs = [.. session.InputNames.Select(name => Describe(name, session.InputMetadata[name]))];
        Outputs = [.. session.OutputNames.Select(name => Describe(name, session.OutputMetadata[name]))];
        _inputs = Inputs.ToDictionary(static value => value.Name, StringComparer.Ordinal);
        _outputs = Outputs.ToDictionary(static value => value.Name, StringComparer.Ordinal);
    }

    /// <summary>ONNX Runtime's version.</summary>
    public static string RuntimeVersion => OrtEnv.Instance().GetVersionString();

    /// <summary>The model's file, as messages call it.</summary>
    public string ModelPath { get; }

    /// <summary>Where it runs: cpu, cuda or cuda:N.</summary>
    public string Device { get; }

    /// <summary>
    /// What a run needs, in the model's order. Initializers that may be overridden are not among them.
    /// </summary>
    public IReadOnlyList<ValueDescription> Inputs { get; }

    /// <summary>
    /// What a run can give, in the model's order, with the types and shapes that the runtime inferred.
    /// </summary>
    public IReadOnlyList<ValueDescription> Outputs { get; }

    /// <summary>Loads a model file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="options">How to run; null for the defaults.</param>
    /// <returns>The engine.</returns>
    /// <exception cref="BadInputException">The file is no model that the runtime can load, or the device is not to be
    /// had.</exception>
    public static InferenceEngine Open(string path, InferenceOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return File.Exists(path)
            ? Create(path, options, session => new InferenceSession(path, session))
            : throw new BadInputException($"{path}: there is no such file. Check the path.");
    }

    /// <summary>Loads an edited model from memory.</summary>
    /// <param name="model">The model's bytes.</param>
    /// <param name="path">The file it was made from: messages name it, and its external data is looked for beside
    /// it.</param>
    /// <param name="options">How to run; null for the defaults.</param>
    /// <returns>The engine.</returns>
    /// <exception cref="BadInputException">The runtime cannot load the model, or the device is not to be
    /// had.</exception>
    public static InferenceEngine Open(byte[] model, string path, InferenceOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentException.ThrowIfNullOrEmpty(path);
        return Create(path, options, session =>
        {
            session.AddSessionConfigEntry(ExternalFolderKey, Path.GetDirectoryName(Path.GetFullPath(path))!);
            return new InferenceSession(model, session);
        });
    }

    /// <summary>Loads an edited model.</summary>
    /// <param name="model">The model.</param>
    /// <param name="path">The file it was made from: messages name it, and its external data is looked for beside
    /// it.</param>
    /// <param name="options">How to run; null for the defaults.</param>
    /// <returns>The engine.</returns>
    /// <exception cref="BadInputException">The runtime cannot load the model, or the device is not to be
    /// had.</exception>
    public static InferenceEngine Open(ModelProto model, string path, InferenceOptions? options = null) =>
        Open(OnnxModelFile.ToBytes(model, path), path, options);

    /// <summary>Runs the model once.</summary>
    /// <param name="inputs">A value for every input, by name; they are copied.</param>
    /// <param name="outputs">Which outputs are wanted; null for all. The runtime computes all of them either
    /// way.</param>
    /// <param name="cancellation">Stops the run between two nodes.</param>
    /// <returns>The values, in the runtime's memory.</returns>
    /// <exception cref="BadInputException">An input is missing or does not fit, or a node fails on it.</exception>
    /// <exception cref="ArgumentException">An output that the model does not have.</exception>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    public InferenceResult Run(
        IReadOnlyDictionary<string, InputValue> inputs,
        IReadOnlyList<string>? outputs = null,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        var names = outputs ?? [.. Outputs.Select(static output => output.Name)];
        CheckNames(inputs, names);
        cancellation.ThrowIfCancellationRequested();
        PreparedInputs? prepared = new(ModelPath);
        try
        {
            foreach (var (name, value) in inputs)
            {
                prepared.Add(name, value);
            }

            using var run = new RunOptions();
            using var stop = cancellation.Register(() => run.Terminate = true);
            var result = _collector is null
                ? RunPlain(run, prepared, names)
                : RunCollecting(_collector, run, prepared, names);
            prepared = null;
            return result;
        }
        catch (OnnxRuntimeException) when (cancellation.IsCancellationRequested)
        {
            throw new OperationCanceledException(cancellation);
        }
        catch (Exception fault) when (IsRuntimeFault(fault))
        {
            _observe?.ThrowFailure();
            throw new BadInputException($"{ModelPath}: ONNX Runtime could not run it: {Reason(fault)}", fault);
        }
        finally
        {
            prepared?.Dispose();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _session.Dispose();
        _observe?.Dispose();
    }

    private InferenceResult RunPlain(RunOptions run, PreparedInputs prepared, IReadOnlyList<string> names)
    {
        var results = _session.Run(run, prepared.Names, prepared.Values, names);
        return new InferenceResult(
            [.. results.Select((value, i) => new NativeValue(names[i], value))], results, prepared);
    }

    private InferenceResult RunCollecting(
        ValueCollector collector, RunOptions run, PreparedInputs prepared, IReadOnlyList<string> names)
    {
        // The runtime wants to be asked for one output at least.
        List<string> asked = [.. names.Where(name => !collector.Collects(name))];
        if (asked.Count == 0)
        {
            asked.Add(Outputs.First(static output => output.Kind != ValueKind.Optional).Name);
        }

        lock (collector.OneRun)
        {
            try
            {
                var results = _session.Run(run, prepared.Names, prepared.Values, asked);
                var given = 0;
                return new InferenceResult(
                    [.. names.Select(name => collector.Collects(name)
                        ? collector.Take(name)
                        : new NativeValue(name, results[given++]))],
                    results,
                    prepared);
            }
            finally
            {
                collector.Clear();
            }
        }
    }

    /// <summary>The runtime's message in one line, without the place in its source.</summary>
    internal static string Reason(Exception fault) => SourcePlace().Replace(
        string.Join(' ', fault.Message.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)), string.Empty);

    /// <summary>A file and line of the runtime's source with the signature of the function there.</summary>
    [GeneratedRegex(
        @"\S*/onnxruntime_src/\S+:\d+ [^()]*\((?>[^()]+|(?<open>\()|(?<-open>\)))*(?(open)(?!))\)(?: const)?(?: \[with [^]]*])? ?",
        RegexOptions.CultureInvariant)]
    private static partial Regex SourcePlace();

    /// <summary>What the runtime's managed layer throws on models and values that it does not like.</summary>
    internal static bool IsRuntimeFault(Exception fault) => fault is OnnxRuntimeException or ArgumentException
        or NotSupportedException or InvalidOperationException or OverflowException or KeyNotFoundException
        or NullReferenceException or IndexOutOfRangeException or InvalidCastException;

    private static InferenceEngine Create(
        string path, InferenceOptions? options, Func<SessionOptions, InferenceSession> open)
    {
        options ??= new InferenceOptions();
        var device = InferenceDevice.Resolve(options.Device);
        using var session = new SessionOptions
        {
            GraphOptimizationLevel = (GraphOptimizationLevel)options.Optimization,
            IntraOpNumThreads = options.Threads,
            EnableCpuMemArena = options.MemoryArena,
            LogSeverityLevel = (OrtLoggingLevel)options.Log,
        };
        if (options.OptimizedModelPath is { } optimized)
        {
            session.OptimizedModelFilePath = optimized;
        }

        InferenceDevice.Append(session, device);
        InferenceSession? opened = null;
        var collector = options.Collected.Count > 0 ? new ValueCollector(options.Collected, options.Observer) : null;
        var observer = collector is null ? options.Observer : collector.Observe;
        var observe = observer is null ? null : new ObserveOperator(observer);
        try
        {
            observe?.Register(session);
            opened = open(session);
            return new InferenceEngine(opened, path, device, observe, collector);
        }
        catch (Exception fault) when (IsRuntimeFault(fault))
        {
            opened?.Dispose();
            observe?.Dispose();
            throw new BadInputException($"{path}: ONNX Runtime cannot load it: {Reason(fault)}", fault);
        }
    }

    private static ValueDescription Describe(string name, NodeMetadata metadata)
    {
        var kind = ValueKinds.Of(metadata.OnnxValueType);
        if (kind != ValueKind.Tensor)
        {
            var item = kind switch
            {
                ValueKind.Sequence => metadata.AsSequenceMetadata().ElementMeta,
                ValueKind.Optional => metadata.AsOptionalMetadata().ElementMeta,
                ValueKind.Map => metadata.AsMapMetadata().ValueMetadata,
                _ => null,
            };
            return new ValueDescription(
                name, kind, ElementType.Undefined, null, item is null ? null : Describe(name, item));
        }

        var dimensions = metadata.Dimensions.Zip(metadata.SymbolicDimensions, static (extent, symbol) =>
            new Dimension(extent < 0 ? null : extent, string.IsNullOrEmpty(symbol) ? null : symbol));
        return new ValueDescription(name, kind, (ElementType)metadata.ElementDataType, [.. dimensions]);
    }

    private void CheckNames(IReadOnlyDictionary<string, InputValue> inputs, IReadOnlyList<string> outputs)
    {
        foreach (var output in outputs)
        {
            if (_collector?.Collects(output) == true)
            {
                continue;
            }

            if (!_outputs.TryGetValue(output, out var description))
            {
                throw new ArgumentException($"{ModelPath}: '{output}' is not an output of the model.", nameof(outputs));
            }

            if (description.Kind == ValueKind.Optional)
            {
                throw new BadInputException(
                    $"{ModelPath}: output '{output}' is optional; fetching none ends the process inside ONNX "
                        + "Runtime. Ask for other outputs.");
            }
        }

        var missing = Inputs.Where(input => !inputs.ContainsKey(input.Name) && input.Kind != ValueKind.Optional)
            .Select(static input => $"'{input.Name}'").ToList();
        if (missing.Count > 0)
        {
            throw new BadInputException(
                $"{ModelPath}: no value for input {string.Join(", ", missing)}. Give one for each input.");
        }
    }
}
