using Toolkit.Formats;
using Toolkit.Formats.Tensors;
using Toolkit.Models.Networks;
using TorchSharp;
using static TorchSharp.torch;

namespace Toolkit.Train.Torch;

/// <summary>The parameters of one network on one device, in the network's order. Owns the tensors.</summary>
internal sealed class TorchParameters : IDisposable
{
    private readonly GroupNetwork _network;

    private TorchParameters(GroupNetwork network, IReadOnlyDictionary<string, Tensor> tensors)
    {
        _network = network;
        All = tensors;
        Trained = [.. network.Parameters
            .Where(parameter => parameter.IsTrained)
            .Select(parameter => tensors[parameter.Name])];
        TrainedNames = [.. network.Parameters
            .Where(parameter => parameter.IsTrained)
            .Select(parameter => parameter.Name)];
    }

    /// <summary>Every parameter and buffer by its checkpoint name.</summary>
    public IReadOnlyDictionary<string, Tensor> All { get; }

    /// <summary>The parameters that training changes.</summary>
    public IReadOnlyList<Tensor> Trained { get; }

    /// <summary>The names of <see cref="Trained"/>, in the same order.</summary>
    public IReadOnlyList<string> TrainedNames { get; }

    /// <summary>
    /// Draws the initial weights: <c>torch.manual_seed(seed)</c> on the CPU, then each parameter in the network's
    /// order.
    /// </summary>
    /// <param name="network">The network.</param>
    /// <param name="seed">The seed; the published recipe uses that of the split again.</param>
    /// <param name="device">Where the parameters go afterwards.</param>
    /// <remarks>
    /// Bit-equal to the published recipe: torch's own generator and arithmetic, in the published order.
    /// </remarks>
    public static TorchParameters Draw(GroupNetwork network, long seed, Device device)
    {
        using var generator = new Generator((ulong)seed, CPU);
        return Create(network, parameter => parameter.Initialization switch
        {
            ParameterInitialization.NormalDivided =>
                randn([.. parameter.Shape.Dimensions], generator: generator).div_(parameter.Scale),
            ParameterInitialization.NormalScaled =>
                empty([.. parameter.Shape.Dimensions]).normal_(0, parameter.Scale, generator),
            _ => ToTensor(parameter.FixedContent()!),
        }, device);
    }

    /// <summary>Takes the parameters from tensors in memory.</summary>
    /// <param name="network">The network.</param>
    /// <param name="content">Each trained parameter by name, in the network's shape; buffers may be absent.</param>
    /// <param name="device">Where the parameters go.</param>
    public static TorchParameters From(
        GroupNetwork network, IReadOnlyDictionary<string, HostTensor> content, Device device) =>
        Create(network, parameter => ToTensor(content.GetValueOrDefault(parameter.Name) ?? parameter.FixedContent()
            ?? throw new BadInputException(
                $"The saved state lacks the parameter '{parameter.Name}'; it is of another network.")), device);

    /// <summary>Copies every parameter and buffer to memory.</summary>
    /// <returns>Tensors by checkpoint name.</returns>
    public Dictionary<string, HostTensor> ToHost() =>
        _network.Parameters.ToDictionary(
            parameter => parameter.Name, parameter => ToHost(All[parameter.Name]), StringComparer.Ordinal);

    /// <summary>Adds the squares of all trained parameters, in double.</summary>
    public double SumOfSquares()
    {
        using var scope = NewDisposeScope();
        return Trained.Sum(tensor => tensor.detach().to(ScalarType.Float64).square().sum().item<double>());
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var tensor in All.Values)
        {
            tensor.Dispose();
        }
    }

    /// <summary>Copies a tensor to memory.</summary>
    internal static HostTensor ToHost(Tensor tensor)
    {
        using var scope = NewDisposeScope();
        var dense = tensor.detach().cpu().contiguous();
        var type = dense.dtype switch
        {
            ScalarType.Float32 => ElementType.Float32,
            ScalarType.Float64 => ElementType.Float64,
            ScalarType.Int64 => ElementType.Int64,
            ScalarType.Bool => ElementType.Boolean,
            _ => throw new NotSupportedException($"{dense.dtype} has no place in a network here."),
        };
        return new HostTensor(type, new TensorShape(dense.shape), dense.bytes.ToArray());
    }

    /// <summary>Copies a tensor from memory to the CPU.</summary>
    internal static Tensor ToTensor(HostTensor host)
    {
        var shape = host.Shape.Dimensions.ToArray();
        return host.Type switch
        {
            ElementType.Float32 => torch.tensor(host.AsSpan<float>().ToArray(), shape),
            ElementType.Boolean => torch.tensor(host.AsSpan<bool>().ToArray(), shape),
            ElementType.Int64 => torch.tensor(host.AsSpan<long>().ToArray(), shape),
            _ => throw new NotSupportedException($"{host.Type.DisplayName()} has no place in a network here."),
        };
    }

    private static TorchParameters Create(GroupNetwork network, Func<NetworkParameter, Tensor> content, Device device)
    {
        using var quiet = no_grad();
        Dictionary<string, Tensor> tensors = new(StringComparer.Ordinal);
        foreach (var parameter in network.Parameters)
        {
            using var scope = NewDisposeScope();
            var tensor = content(parameter).to(device).DetachFromDisposeScope();
            tensors.Add(parameter.Name, parameter.IsTrained ? tensor.requires_grad_(true) : tensor);
        }

        return new TorchParameters(network, tensors);
    }
}
