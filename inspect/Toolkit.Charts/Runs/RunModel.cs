using Toolkit.Analysis.Charts;
using Toolkit.Analysis.Charts.Runs;
using Toolkit.Formats;
using Toolkit.Formats.Onnx;
using Toolkit.Formats.Onnx.Schema;
using Toolkit.Formats.Tensors;
using Toolkit.Models.Networks;

namespace Toolkit.Charts.Runs;

/// <summary>The model of a run: its weights, and what its metadata say. Empty where the run holds no model.</summary>
internal sealed class RunModel
{
    private readonly Dictionary<string, TensorProto> _initializers;
    private readonly string _folder;
    private readonly string _path;

    private RunModel(string path, ModelProto? model, ModelMetadata? metadata, RunGroup? group)
    {
        _path = path;
        _folder = Path.GetDirectoryName(path) ?? string.Empty;
        Metadata = metadata;
        Group = group;
        _initializers = (model?.Graph?.Initializer ?? []).GroupBy(i => i.Name).ToDictionary(
            i => i.Key, i => i.First(), StringComparer.Ordinal);
        Weights = [.. _initializers.Values.Where(IsWeight).Select(Describe)];
    }

    public ModelMetadata? Metadata { get; }

    public RunGroup? Group { get; }

    public IReadOnlyList<RunTensor> Weights { get; }

    /// <summary>Reads a model; without one, and with a damaged one, there are no weights.</summary>
    public static RunModel Read(string? path)
    {
        if (path is null)
        {
            return new RunModel(string.Empty, null, null, null);
        }

        return Of(OnnxModelFile.Load(path), path);
    }

    /// <summary>Describes a model that is in memory.</summary>
    public static RunModel Of(ModelProto model, string path)
    {
        var metadata = ModelMetadata.Read(model, path);
        return new RunModel(
            path, model, metadata, metadata is null ? null : new RunGroup(metadata.BuildTask(path).Group));
    }

    /// <summary>The role that a value plays, or null.</summary>
    public NetworkRole? RoleOf(string value) => Metadata?.Roles.FirstOrDefault(role => role.Value == value);

    /// <summary>A weight as a matrix.</summary>
    public ChartMatrix Weight(string name)
    {
        if (!_initializers.TryGetValue(name, out var proto))
        {
            throw new BadInputException(
                $"{_path}: '{name}' is not a weight of the model. There are: "
                    + $"{string.Join(", ", Weights.Take(20).Select(weight => weight.Name))}.");
        }

        var tensor = OnnxTensor.Read(proto, _folder, $"{_path}: '{name}'");
        var values = Float32Values.Of(tensor, name);
        var columns = tensor.Shape.Rank == 0 ? 1 : checked((int)tensor.Shape[tensor.Shape.Rank - 1]);
        return new ChartMatrix(columns == 0 ? 0 : values.Length / columns, columns, values);
    }

    /// <summary>
    /// The product of the weights that play a role, left to right; null where nothing says which they are.
    /// </summary>
    public ChartMatrix? Role(string role)
    {
        if (Metadata?.Role(role) is not { Factors: { Count: > 0 } factors })
        {
            return null;
        }

        return factors.Select(Factor).Aggregate(Multiply);
    }

    private ChartMatrix Factor(RoleFactor factor)
    {
        var matrix = Weight(factor.Initializer);
        int first = factor.FirstRow ?? 0, end = factor.EndRow ?? matrix.Rows;
        return first >= 0 && first <= end && end <= matrix.Rows
            ? new ChartMatrix(
                end - first, matrix.Columns, matrix.Values[(first * matrix.Columns)..(end * matrix.Columns)])
            : throw new BadInputException(
                $"{_path}: the metadata name rows {first} to {end} of '{factor.Initializer}', which has "
                    + $"{matrix.Rows}; export or import the network again.");
    }

    /// <summary>left · right in double; O(rows · inner · columns).</summary>
    private ChartMatrix Multiply(ChartMatrix left, ChartMatrix right)
    {
        if (left.Columns != right.Rows)
        {
            throw new BadInputException(
                $"{_path}: the metadata multiply {left.Rows} × {left.Columns} by {right.Rows} × {right.Columns}; "
                    + "export or import the network again.");
        }

        var product = new float[left.Rows * right.Columns];
        var sums = new double[right.Columns];
        for (var i = 0; i < left.Rows; i++)
        {
            Array.Clear(sums);
            for (var k = 0; k < left.Columns; k++)
            {
                double factor = left[i, k];
                var row = right.Values.Span.Slice(k * right.Columns, right.Columns);
                for (var j = 0; j < row.Length; j++)
                {
                    sums[j] += factor * row[j];
                }
            }

            for (var j = 0; j < sums.Length; j++)
            {
                product[(i * right.Columns) + j] = (float)sums[j];
            }
        }

        return new ChartMatrix(left.Rows, right.Columns, product);
    }

    private static bool IsWeight(TensorProto proto) =>
        proto.Dims.Count > 0 && (ElementType)proto.DataType is ElementType.Float32
            or ElementType.Float64 or ElementType.Float16 or ElementType.BFloat16
        && proto.Dims.All(dimension => dimension > 0);

    private static RunTensor Describe(TensorProto proto) =>
        new(proto.Name, ((ElementType)proto.DataType).DisplayName(), [.. proto.Dims], null);
}
