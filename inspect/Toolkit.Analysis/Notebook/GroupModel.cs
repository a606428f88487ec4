using Toolkit.Analysis.LinearAlgebra;
using Toolkit.Analysis.LowRank;
using Toolkit.Analysis.Spectra;
using Toolkit.Formats;
using Toolkit.Formats.Onnx;
using Toolkit.Formats.Onnx.Schema;
using Toolkit.Formats.Tensors;
using Toolkit.Models.Networks;
using Toolkit.Models.Tasks;

namespace Toolkit.Analysis.Notebook;

/// <summary>A group network from an ONNX file, with what its metadata say: group, split, roles.</summary>
public sealed class GroupModel
{
    private readonly Dictionary<string, TensorProto> _initializers;

    private GroupModel(ModelProto model, string path, ModelMetadata metadata)
    {
        Model = model;
        Path = path;
        Metadata = metadata;
        Task = metadata.BuildTask(path);
        _initializers = model.Graph.Initializer.ToDictionary(tensor => tensor.Name, StringComparer.Ordinal);
    }

    /// <summary>The file's content.</summary>
    public ModelProto Model { get; }

    /// <summary>The file, for messages and external data.</summary>
    public string Path { get; }

    /// <summary>What the file says about itself.</summary>
    public ModelMetadata Metadata { get; }

    /// <summary>The group, the labels and the split.</summary>
    public GroupTask Task { get; }

    /// <summary>Reads a group network.</summary>
    /// <param name="model">The file's content.</param>
    /// <param name="path">The file, for messages and external data.</param>
    /// <returns>The network; null where the model says nothing about a group.</returns>
    /// <exception cref="BadInputException">Its metadata are damaged.</exception>
    public static GroupModel? TryRead(ModelProto model, string path)
    {
        ArgumentNullException.ThrowIfNull(model);
        return ModelMetadata.Read(model, path) is { } metadata ? new GroupModel(model, path, metadata) : null;
    }

    /// <summary>
    /// Every weight as matrices, then the effective ones, then the natural representation (where it fits:
    /// <see cref="NaturalMatrix.Fits"/>).
    /// </summary>
    /// <returns>The matrices whose spectra the notebook shows.</returns>
    /// <exception cref="BadInputException">A weight cannot be read, or the roles do not fit the weights.</exception>
    public IReadOnlyList<NamedMatrix> Matrices() =>
    [
        .. Model.Graph.Initializer.Where(IsWeight).SelectMany(tensor => WeightMatrices.Of(tensor.Name, Read(tensor))),
        .. RoleMatrices.Of(Metadata.Roles, Weight, Path),
        .. NaturalMatrix.Fits(Task.Group) ? [NaturalMatrix.Of(Task.Group)] : Array.Empty<NamedMatrix>(),
    ];

    /// <summary>
    /// The embeddings of the left and the right element: the first factor of the roles <c>embed_x</c> and
    /// <c>embed_y</c>.
    /// </summary>
    /// <returns>One table, where both elements share it, or two.</returns>
    /// <exception cref="BadInputException">The metadata name no embedding.</exception>
    public IReadOnlyList<EmbeddingTable> Embeddings()
    {
        var tables = new[] { NetworkRole.EmbedX, NetworkRole.EmbedY }
            .Select(name => Metadata.Role(name)?.Factors is [var first, ..] ? first : null)
            .OfType<RoleFactor>()
            .Select(factor => new EmbeddingTable(
                factor.Initializer,
                factor.FirstRow ?? 0,
                factor.EndRow ?? (int)(_initializers.GetValueOrDefault(factor.Initializer)?.Dims[0] ?? 0)))
            .Distinct()
            .ToList();
        return tables.Count > 0 ? tables : throw new BadInputException(
            $"{Path}: its metadata name no weights as '{NetworkRole.EmbedX}' or '{NetworkRole.EmbedY}', so there are "
                + "no embeddings to replace. "
            + "Export or import the network again.");
    }

    // Constants of the graph (shapes, divisors, a mask) are initializers too: a weight is a floating-point matrix with
    // content of its own.
    private static bool IsWeight(TensorProto tensor) => tensor.Dims.Count >= 2;

    private HostMatrix? Weight(string name) =>
        _initializers.TryGetValue(name, out var tensor) ? HostMatrix.FromTensor(Read(tensor)) : null;

    private HostTensor Read(TensorProto tensor) =>
        OnnxTensor.Read(
            tensor,
            System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(Path))!,
            $"{Path}: weight '{tensor.Name}'");
}
