using Toolkit.Formats.Tensors;

namespace Toolkit.Models.Networks;

/// <summary>One parameter or buffer of a network.</summary>
/// <param name="Name">Its checkpoint name, also the name of its initializer: <c>W_x</c>,
/// <c>blocks.0.mlp.W_in</c>.</param>
/// <param name="Shape">Its shape.</param>
/// <param name="Initialization">How it starts.</param>
/// <param name="Scale">Divisor, standard deviation or constant, by <paramref name="Initialization"/>.</param>
/// <param name="IsTrained">False for frozen parameters and buffers, which get no gradient and no weight decay.</param>
public sealed record NetworkParameter(
    string Name, TensorShape Shape, ParameterInitialization Initialization, double Scale, bool IsTrained = true)
{
    /// <summary>The element type: bool for a mask, float32 otherwise.</summary>
    public ElementType Type =>
        Initialization == ParameterInitialization.CausalMask ? ElementType.Boolean : ElementType.Float32;

    /// <summary>The content of a parameter that draws no random number.</summary>
    /// <returns>The tensor; null where the parameter is drawn at random.</returns>
    public HostTensor? FixedContent()
    {
        switch (Initialization)
        {
            case ParameterInitialization.Constant:
                var values = new float[Shape.Count];
                Array.Fill(values, (float)Scale);
                return HostTensor.Float32(Shape, values);
            case ParameterInitialization.CausalMask:
                var mask = new byte[Shape.Count];
                for (var i = 0; i < mask.Length; i++)
                {
                    mask[i] = i % Shape[1] <= i / Shape[1] ? (byte)1 : (byte)0;
                }

                return new HostTensor(ElementType.Boolean, Shape, mask);
            default:
                return null;
        }
    }
}
