using Toolkit.Analysis.LinearAlgebra;
using Toolkit.Formats;
using Toolkit.Formats.Onnx;
using Toolkit.Formats.Onnx.Schema;
using Toolkit.Formats.Tensors;
using Toolkit.Models;
using Toolkit.Models.Networks;

namespace Toolkit.Analysis.Representations;

/// <summary>
/// Finds, by role, what analyses need of a model: effective weights from initializers, names of values.
/// </summary>
/// <remarks>Every message says which role, what was found and what the group asks for.</remarks>
public sealed class GroupNetworkReader
{
    private readonly ModelProto _model;
    private readonly string _path;
    private readonly IReadOnlyList<NetworkRole> _roles;
    private readonly Dictionary<string, TensorProto> _initializers;

    /// <summary>Looks at a model.</summary>
    /// <param name="model">The model.</param>
    /// <param name="path">Its file: for messages and external data.</param>
    /// <param name="roles">What plays which role.</param>
    public GroupNetworkReader(ModelProto model, string path, IReadOnlyList<NetworkRole> roles)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(roles);
        _model = model;
        _path = path;
        _roles = roles;
        _initializers = model.Graph.Initializer.ToDictionary(tensor => tensor.Name, StringComparer.Ordinal);
    }

    /// <summary>Reads the effective weights.</summary>
    /// <param name="order">n, the order of the group.</param>
    /// <returns>The weights in float64.</returns>
    /// <exception cref="BadInputException">A role is missing, a shape does not fit the group, a weight is NaN or
    /// infinite.</exception>
    public GroupNetworkWeights ReadWeights(int order)
    {
        var unembed = Product(NetworkRole.Unembed);
        var x = Product(NetworkRole.EmbedX);
        var y = Product(NetworkRole.EmbedY);
        var readout = Role(NetworkRole.ReadoutWeights) is null ? null : Product(NetworkRole.ReadoutWeights);
        Require(NetworkRole.EmbedX, x, rows: order, null);
        Require(NetworkRole.EmbedY, y, rows: order, null);
        Require(NetworkRole.Unembed, unembed, null, columns: order);
        if (readout is not null)
        {
            Require(NetworkRole.ReadoutWeights, readout, null, columns: order);
        }

        return new GroupNetworkWeights(x, y, unembed)
        {
            Readout = readout,
            SumOfSquaredWeights = _model.Graph.Initializer
                .Where(tensor => tensor.DataType == (int)ElementType.Float32 && tensor.Dims.Count > 0)
                .Sum(tensor => HostMatrix.FromTensor(OnnxTensor.Read(tensor, Folder, Where(tensor.Name))).Values
                    .Sum(value => value * value)),
        };
    }

    /// <summary>The value that plays a role.</summary>
    /// <param name="name">The role.</param>
    /// <returns>The role, or null where nothing plays it.</returns>
    /// <exception cref="BadInputException">The graph has no such value.</exception>
    public NetworkRole? Value(string name)
    {
        if (Role(name) is not { } role)
        {
            return null;
        }

        if (role.Value is null)
        {
            throw new BadInputException(
                $"{_path}: the role '{name}' is a product of weights; a value of the graph was expected.");
        }

        return Values.Contains(role.Value)
            ? role
            : throw new BadInputException(
                $"{_path}: '{role.Value}', which should play the role '{name}', is not a value of the graph. "
                    + $"Nearest: '{NearestName.Find(role.Value, Values)}'. "
                + $"List them with `inspect model {_path}`, and name it: --role {name}=VALUE.");
    }

    /// <summary>The values that the first pass needs.</summary>
    /// <returns>Their roles; the logits are the graph's only output where nothing plays that role.</returns>
    /// <exception cref="BadInputException">Nothing is the hidden layer, or readout and its weights do not come
    /// together.</exception>
    public FirstPassRoles FirstPass()
    {
        var hidden = Value(NetworkRole.Hidden) ?? throw Missing(NetworkRole.Hidden);
        var readout = Value(NetworkRole.Readout);
        var hasWeights = Role(NetworkRole.ReadoutWeights) is not null;
        if (readout is null == hasWeights)
        {
            throw new BadInputException(
                $"{_path}: the roles '{NetworkRole.Readout}' and '{NetworkRole.ReadoutWeights}' go together, but only "
                + $"'{(hasWeights ? NetworkRole.ReadoutWeights : NetworkRole.Readout)}' is played; give both or "
                + "neither.");
        }

        if (readout is null && Role(NetworkRole.Residual) is { } alone)
        {
            throw new BadInputException(
                $"{_path}: '{alone.Value}' plays the role '{NetworkRole.Residual}', which is the part of the "
                    + $"'{NetworkRole.Readout}' that bypasses the hidden layer, but nothing plays that. Leave it "
                    + "out, or "
                    + $"give also --role {NetworkRole.Readout}=VALUE --role {NetworkRole.ReadoutWeights}=WEIGHT.");
        }

        return new FirstPassRoles(hidden, readout, readout is null ? null : Value(NetworkRole.Residual))
        {
            Logits = Role(NetworkRole.Logits) is { Value: { } logits } role && Values.Contains(logits) ? role
                : _model.Graph.Output is [var only] ? NetworkRole.OfValue(NetworkRole.Logits, only.Name) : null,
        };
    }

    private List<string> Values => [.. _model.Graph.Node.SelectMany(node => node.Output)];

    private string Folder => Path.GetDirectoryName(Path.GetFullPath(_path))!;

    private NetworkRole? Role(string name) => _roles.FirstOrDefault(role => role.Name == name);

    private BadInputException Missing(string name) => new(
        $"{_path}: nothing plays the role '{name}' (known: "
            + $"{(_roles.Count == 0 ? "none" : string.Join(", ", _roles.Select(role => role.Name)))}). "
        + $"Import the network with `inspect import`, or name it: --role {name}=NAME.");

    private string Where(string initializer) => $"{_path}: weight '{initializer}'";

    private HostMatrix Product(string name)
    {
        var role = Role(name) ?? throw Missing(name);
        if (role.Factors.Count == 0)
        {
            throw new BadInputException(
                $"{_path}: the role '{name}' is the value '{role.Value}'; a product of weights was expected.");
        }

        return role.Factors.Select(factor => Factor(name, factor)).Aggregate((left, right) => left.Columns == right.Rows
            ? MatrixProduct.Of(left, right)
            : throw new BadInputException(
                $"{_path}: role '{name}' = {string.Join(" · ", role.Factors)}: [{left.Rows}, {left.Columns}] · "
                    + $"[{right.Rows}, {right.Columns}] cannot be multiplied. ^T behind a name transposes it, "
                    + $"[:{left.Columns}] takes its first rows: --role {name}=TABLE*WEIGHT^T[:{left.Columns}]."));
    }

    private HostMatrix Factor(string role, RoleFactor factor)
    {
        if (!_initializers.TryGetValue(factor.Initializer, out var tensor))
        {
            throw new BadInputException(
                $"{_path}: '{factor.Initializer}', which role '{role}' needs, is not an initializer. "
                + $"Nearest: '{NearestName.Find(factor.Initializer, _initializers.Keys)}'. List them with "
                + $"`inspect weights {_path}`, "
                + $"and name the right ones: --role {role}=NAME*NAME.");
        }

        var matrix = HostMatrix.FromTensor(OnnxTensor.Read(tensor, Folder, Where(factor.Initializer)));
        matrix.RequireFinite(
            Where(factor.Initializer),
            "the analysis needs finite weights. Training diverged or the file is damaged: give an earlier "
                + "checkpoint, or "
                + "the file again.");
        matrix = factor.IsTransposed ? matrix.Transpose() : matrix;
        var (start, end) = (factor.FirstRow ?? 0, factor.EndRow ?? matrix.Rows);
        return start < 0 || end > matrix.Rows || start >= end
            ? throw new BadInputException(
                $"{_path}: role '{role}' takes the rows {start} to {end} of "
                    + $"'{factor.Initializer}{(factor.IsTransposed ? "^T" : string.Empty)}', which has {matrix.Rows}.")
            : start == 0 && end == matrix.Rows ? matrix : matrix.RowRange(start, end - start);
    }

    /// <summary>(A·B)ᵀ = Bᵀ·Aᵀ as the option writes it; null where rows are taken, which come behind ^T
    /// there.</summary>
    private string? Transposed(string name) =>
        Role(name)!.Factors is var factors && factors.All(factor => factor is { FirstRow: null, EndRow: null })
            ? string.Join('*', factors.Reverse().Select(factor => factor with { IsTransposed = !factor.IsTransposed }))
            : null;

    private void Require(string name, HostMatrix matrix, int? rows, int? columns)
    {
        if ((rows is { } r && r != matrix.Rows) || (columns is { } c && c != matrix.Columns))
        {
            throw new BadInputException(
                $"{_path}: '{name}' is [{matrix.Rows}, {matrix.Columns}], but the group has {rows ?? columns} "
                    + "elements, so "
                + (rows is null ? $"{columns} columns" : $"{rows} rows")
                + " were expected. "
                + ((rows is null ? matrix.Rows == columns : matrix.Columns == rows)
                    ? $"Transposed it would fit: --role {name}={Transposed(name) ?? "PRODUCT"}."
                    : "Give the configuration this network was trained with."));
        }

        if (Array.TrueForAll(matrix.Values, static value => value == 0))
        {
            throw new BadInputException(
                $"{_path}: '{name}' is zero everywhere, so no irrep has a share in it. Give a network that was "
                    + "trained, "
                    + $"or other weights: --role {name}=PRODUCT.");
        }
    }
}
