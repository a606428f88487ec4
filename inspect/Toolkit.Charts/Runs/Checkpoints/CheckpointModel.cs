using System.Runtime.InteropServices;
using Toolkit.Analysis.Charts;
using Toolkit.Analysis.Charts.Runs;
using Toolkit.Analysis.LinearAlgebra;
using Toolkit.Analysis.Representations;
using Toolkit.Analysis.Spectra;
using Toolkit.Formats;
using Toolkit.Formats.Checkpoints;
using Toolkit.Formats.Onnx;
using Toolkit.Formats.Onnx.Schema;
using Toolkit.Formats.Tables;
using Toolkit.Formats.Tensors;
using Toolkit.Models.Networks;
using Toolkit.Models.Representations;
using Toolkit.Runtime;

namespace Toolkit.Charts.Runs.Checkpoints;

/// <summary>
/// A run's model with the weights of one checkpoint in place of its own, and what is computed from it when asked.
/// </summary>
internal sealed class CheckpointModel
{
    private const int RowsPerRun = 8192;
    private const int LargestDecomposed = 256;

    private readonly ModelProto _proto;
    private readonly string _path;
    private readonly Lazy<Table> _shares;
    private readonly Lazy<IReadOnlyList<Spectrum>> _spectra;

    private CheckpointModel(ModelProto proto, string path)
    {
        _proto = proto;
        _path = path;
        Model = RunModel.Of(proto, path);
        _shares = new(MeasureShares);
        _spectra = new(MeasureSpectra);
    }

    /// <summary>The weights.</summary>
    public RunModel Model { get; }

    /// <summary>The representation analysis of the network at this checkpoint, with its own key irreps.</summary>
    public Table Shares => _shares.Value;

    /// <summary>True where every weight is small enough to be decomposed while a slider moves.</summary>
    public bool HasSmallWeights =>
        Model.Weights.All(weight => Math.Min(weight.Rows, weight.Channels) <= LargestDecomposed);

    /// <summary>The singular values of its weights.</summary>
    public IReadOnlyList<Spectrum> Spectra => _spectra.Value;

    /// <summary>Puts a checkpoint's tensors in place of the initializers of the same name.</summary>
    /// <exception cref="BadInputException">A file is damaged, or the checkpoint holds a tensor that the model does
    /// not.</exception>
    public static CheckpointModel Read(string modelPath, string checkpointPath)
    {
        var proto = OnnxModelFile.Load(modelPath);
        using var checkpoint = Checkpoint.Open(checkpointPath);
        var initializers = proto.Graph.Initializer;
        foreach (var tensor in checkpoint.Tensors)
        {
            var at = Enumerable.Range(0, initializers.Count).FirstOrDefault(
                i => initializers[i].Name == tensor.Name, -1);
            if (at < 0 || !initializers[at].Dims.SequenceEqual(tensor.Shape.Dimensions.ToArray()))
            {
                throw new BadInputException(
                    $"{checkpointPath}: '{tensor.Name}' {tensor.Shape} is not a weight of "
                        + $"{Path.GetFileName(modelPath)}. The checkpoint is of another network; delete it from "
                        + "the run.");
            }

            initializers[at] = OnnxTensor.Write(tensor.Name, checkpoint.Read(tensor));
        }

        return new CheckpointModel(proto, modelPath);
    }

    /// <summary>Computes a value of the graph over pairs (a, b) = (i / n, i mod n) of a group of order n.</summary>
    /// <param name="value">The value; its shape is what was captured.</param>
    /// <param name="order">n.</param>
    /// <param name="first">The first pair.</param>
    /// <param name="count">How many pairs.</param>
    /// <param name="features">Positions in the flattened sample; all where null.</param>
    /// <param name="cancellation">Stops between two runs.</param>
    /// <returns>[count, features].</returns>
    public ChartMatrix Compute(
        RunTensor value, int order, long first, int count, IReadOnlyList<int>? features, CancellationToken cancellation)
    {
        var exposed = _proto.Clone();
        exposed.Graph.Output.Clear();
        exposed.Graph.Output.Add(new ValueInfoProto { Name = value.Name });
        using var engine = InferenceEngine.Open(exposed, _path);
        var width = checked((int)value.Count);
        var columns = features?.Count ?? width;
        var computed = new float[checked((long)count * columns)];
        for (var done = 0; done < count; done += RowsPerRun)
        {
            cancellation.ThrowIfCancellationRequested();
            var rows = Math.Min(RowsPerRun, count - done);
            using var result = engine.Run(Pairs(order, first + done, rows), null, cancellation);
            var batch = result[value.Name];
            if (batch.Type != ElementType.Float32 || batch.Shape.Count != (long)rows * width)
            {
                throw new BadInputException(
                    $"{_path}: '{value.Name}' is {batch.Shape} of {batch.Type.DisplayName()} at a checkpoint; the "
                        + $"run says [{rows}, {string.Join(", ", value.Dimensions)}].");
            }

            var values = MemoryMarshal.Cast<byte, float>(batch.Bytes);
            var target = computed.AsSpan(done * columns, rows * columns);
            if (features is null)
            {
                values.CopyTo(target);
                continue;
            }

            for (var row = 0; row < rows; row++)
            {
                for (var column = 0; column < columns; column++)
                {
                    target[(row * columns) + column] = values[(row * width) + features[column]];
                }
            }
        }

        return new ChartMatrix(count, columns, computed);
    }

    private static Dictionary<string, InputValue> Pairs(int order, long first, int count)
    {
        var (a, b) = (new long[count], new long[count]);
        for (var i = 0; i < count; i++)
        {
            (a[i], b[i]) = ((first + i) / order, (first + i) % order);
        }

        var shape = new TensorShape(count);
        return new(StringComparer.Ordinal)
        {
            [GroupNetwork.InputA] = HostTensor.Create<long>(ElementType.Int64, shape, a),
            [GroupNetwork.InputB] = HostTensor.Create<long>(ElementType.Int64, shape, b),
        };
    }

    private Table MeasureShares()
    {
        var metadata = Model.Metadata ?? throw new BadInputException($"{_path}: its metadata say nothing of a group.");
        var task = metadata.BuildTask(_path);
        RepresentationSpan[] spans = [.. IrrepTable.Of(task.Group).Select(RepresentationSpan.Of)];
        var weights = new GroupNetworkReader(_proto, _path, metadata.Roles).ReadWeights(task.Group.Order);
        using var moments = GroupNetworkRunner.Run(task.Group, _proto, _path, metadata.Roles);
        var measured = RepresentationAnalysis.Measure(
            task, weights, moments, new RepresentationOptions(spans) { IsTransformer = weights.Readout is not null });
        return RepresentationTables.Output(measured, spans).Table;
    }

    private IReadOnlyList<Spectrum> MeasureSpectra()
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(_path))!;
        var weights = _proto.Graph.Initializer.Where(proto => proto.Dims.Count >= 2)
            .ToDictionary(
                proto => proto.Name,
                proto => OnnxTensor.Read(proto, folder, $"{_path}: '{proto.Name}'"),
                StringComparer.Ordinal);
        IEnumerable<NamedMatrix> matrices =
        [
            .. weights.SelectMany(weight => WeightMatrices.Of(weight.Key, weight.Value)),
            .. RoleMatrices.Of(
                Model.Metadata?.Roles ?? [],
                name => weights.TryGetValue(name, out var weight) ? HostMatrix.FromTensor(weight) : null,
                _path),
        ];
        // Loading libtorch for some small matrices would cost 200 MB for the rest of the viewer's life.
        return [.. matrices.Select(matrix => Spectrum.Of(matrix, SvdBackend.Managed))];
    }
}
