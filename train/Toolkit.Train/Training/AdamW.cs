using Toolkit.Formats;
using Toolkit.Formats.Tensors;
using Toolkit.Train.Torch;
using TorchSharp;
using static TorchSharp.torch;

namespace Toolkit.Train.Training;

/// <summary>
/// AdamW with a state that can be saved and restored bit for bit. I. Loshchilov, F. Hutter, "Decoupled Weight Decay
/// Regularization" (ICLR 2019), in PyTorch's form:
/// <c>p ← p·(1 − lr·wd) − lr/(1 − β₁ᵗ) · m / (√v/√(1 − β₂ᵗ) + ε)</c>.
/// </summary>
internal sealed class AdamW : IDisposable
{
    private readonly AdamWOptions _options;
    private readonly TorchParameters _parameters;
    private readonly Tensor[] _means;
    private readonly Tensor[] _squares;

    /// <summary>Starts with an empty state.</summary>
    /// <param name="parameters">The parameters to train; not disposed with this.</param>
    /// <param name="options">The settings.</param>
    public AdamW(TorchParameters parameters, AdamWOptions options)
    {
        _options = options;
        _parameters = parameters;
        _means = [.. parameters.Trained.Select(
            tensor => zeros_like(tensor, requires_grad: false).DetachFromDisposeScope())];
        _squares = [.. parameters.Trained.Select(
            tensor => zeros_like(tensor, requires_grad: false).DetachFromDisposeScope())];
    }

    /// <summary>How many steps were taken.</summary>
    public long Steps { get; private set; }

    /// <summary>Takes one step along the gradients of the parameters, and clears them.</summary>
    public void Step()
    {
        using var scope = NewDisposeScope();
        using var quiet = no_grad();
        Steps++;
        var (rate, beta1, beta2, decay, epsilon) = _options;
        var stepSize = rate / (1 - Math.Pow(beta1, Steps));
        var secondScale = Math.Sqrt(1 - Math.Pow(beta2, Steps));
        for (var i = 0; i < _means.Length; i++)
        {
            var parameter = _parameters.Trained[i];
            var gradient = parameter.grad!;
            parameter.mul_(1 - (rate * decay));
            _means[i].lerp_(gradient, 1 - beta1);
            _squares[i].mul_(beta2).addcmul_(gradient, gradient, 1 - beta2);
            var scale = _squares[i].sqrt().div_(secondScale).add_(epsilon);
            parameter.addcdiv_(_means[i], scale, -stepSize);
            gradient.zero_();
        }
    }

    /// <summary>The state by name: <c>mean.W_x</c>, <c>square.W_x</c> …</summary>
    public IEnumerable<(string Name, Tensor Tensor)> State() =>
        _parameters.TrainedNames.SelectMany(
            (name, i) => new[] { ($"mean.{name}", _means[i]), ($"square.{name}", _squares[i]) });

    /// <summary>Goes on from a saved state.</summary>
    /// <param name="steps">How many steps were taken.</param>
    /// <param name="tensors">The state under the names of <see cref="State"/>; other tensors are not looked at.</param>
    /// <exception cref="BadInputException">A tensor is missing or has another shape.</exception>
    public void Restore(long steps, IReadOnlyDictionary<string, HostTensor> tensors)
    {
        using var scope = NewDisposeScope();
        using var quiet = no_grad();
        Steps = steps;
        foreach (var (name, tensor) in State())
        {
            if (!tensors.TryGetValue(name, out var saved) || !saved.Shape.Dimensions.SequenceEqual(tensor.shape))
            {
                throw new BadInputException(
                    $"The saved optimiser state lacks '{name}' {new TensorShape(tensor.shape)}; it is of another "
                        + "network. Start anew in another folder with --out.");
            }

            tensor.copy_(TorchParameters.ToTensor(saved));
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var tensor in _means.Concat(_squares))
        {
            tensor.Dispose();
        }
    }
}
