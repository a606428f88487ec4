using Toolkit.Analysis.Representations;
using Toolkit.Capture.Inputs;
using Toolkit.Formats;
using Toolkit.Formats.Onnx;
using Toolkit.Formats.Tables;
using Toolkit.Formats.Tensors;
using Toolkit.Models.Groups;
using Toolkit.Models.Networks;
using Toolkit.Models.Tasks;
using Toolkit.Runtime;

namespace Toolkit.Inspect.Sources;

/// <summary>
/// All pairs (a, b) of a group, row-major, with their product and, where the model tells its split, train or test.
/// </summary>
internal sealed class GroupInputs : IInputSource
{
    private const string Prefix = "group:";
    private readonly FiniteGroup _group;
    private readonly GroupTask? _task;
    private readonly PairInputs _pairs;

    private GroupInputs(string source, FiniteGroup group, GroupTask? task, PairInputs pairs)
    {
        _pairs = pairs;
        Source = source;
        _group = group;
        _task = task;
    }

    public string Source { get; }

    public string? Sha256 => null;

    public long Samples => (long)_group.Order * _group.Order;

    public int? FixedBatch => null;

    /// <summary>Whether a source is written as a group.</summary>
    public static bool Recognises(string source) =>
        source.StartsWith(Prefix, StringComparison.Ordinal) || source == "group";

    /// <summary>Opens <c>group:NAME</c> for a model.</summary>
    /// <param name="source">The source; <c>group</c> alone takes the model's own.</param>
    /// <param name="modelPath">The model: its metadata tell group, element order and split.</param>
    /// <param name="inputs">Its inputs.</param>
    /// <exception cref="BadInputException">The model is no group network, or one of another group.</exception>
    public static GroupInputs Open(string source, string modelPath, IReadOnlyList<ValueDescription> inputs)
    {
        var wanted = source.Length > Prefix.Length ? source[Prefix.Length..] : null;
        var metadata = ModelMetadata.Read(OnnxModelFile.Load(modelPath), modelPath);
        if (metadata is null)
        {
            return wanted is null
                ? throw new BadInputException(
                    $"{modelPath}: the model does not tell its group. Name it: --inputs group:S5.")
                : Of(FiniteGroup.Create(GroupDefinition.Parse(wanted)), null);
        }

        if (wanted is not null && !string.Equals(wanted, metadata.Group.Name, StringComparison.OrdinalIgnoreCase))
        {
            throw new BadInputException(
                $"{modelPath}: the network is of group {metadata.Group.Name}, not {wanted}. Use --inputs "
                    + $"group:{metadata.Group.Name}.");
        }

        var task = metadata.BuildTask(modelPath);
        return Of(task.Group, task);

        GroupInputs Of(FiniteGroup group, GroupTask? task) =>
            new(source, group, task, PairInputs.Of(modelPath, inputs, group.Order));
    }

    public IReadOnlyDictionary<string, InputValue> Read(long firstSample, int samples) =>
        _pairs.Read(firstSample, samples);

    public IReadOnlyList<TableColumn> Describe(long firstSample, int samples)
    {
        var (a, b, product) = (new int[samples], new int[samples], new int[samples]);
        var split = new string?[samples];
        for (var i = 0; i < samples; i++)
        {
            var pair = (int)firstSample + i;
            (a[i], b[i]) = (pair / _group.Order, pair % _group.Order);
            product[i] = _group.Table[pair];
            split[i] = _task?.IsTrain(pair) switch { true => "train", false => "test", null => null };
        }

        List<TableColumn> columns = [TableColumn.Create("a", a), TableColumn.Create("b", b), TableColumn.Create(
            "product", product)];
        if (_task is not null)
        {
            columns.Add(TableColumn.Create("split", split));
        }

        return columns;
    }
}
