using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Toolkit.Formats;
using Toolkit.Formats.Tensors;
using Toolkit.Runtime;

namespace Toolkit.Analysis.Import;

/// <summary>One run of a model on made-up inputs, to prove that it runs and gives finite numbers.</summary>
/// <param name="Outputs">Name and shape of every output.</param>
/// <param name="Note">What the inputs were.</param>
public sealed record ModelTrial(ImmutableArray<string> Outputs, string Note)
{
    /// <summary>Runs a model once: normal numbers for floating-point inputs, zeros for whole numbers, 2 for extents that are open.</summary>
    /// <param name="engine">The model.</param>
    /// <param name="seed">Seeds the numbers.</param>
    /// <param name="cancellation">Stops the run.</param>
    /// <returns>What came out.</returns>
    /// <exception cref="BadInputException">The model cannot run, or gives NaN or infinity.</exception>
    public static ModelTrial Run(InferenceEngine engine, int seed, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(engine);
        var random = new Random(seed);
        var inputs = new Dictionary<string, InputValue>(StringComparer.Ordinal);
        foreach (var input in engine.Inputs)
        {
            var shape = new TensorShape([.. (input.Dimensions ?? []).Select(static dimension => dimension.Extent ?? 2)]);
            inputs.Add(input.Name, Some(input.Type, shape, random));
        }

        using var result = engine.Run(inputs, cancellation: cancellation);
        foreach (var value in result.Values)
        {
            if (value.Kind == ValueKind.Tensor && value.Type == ElementType.Float32)
            {
                foreach (var number in value.AsSpan<float>())
                {
                    if (!float.IsFinite(number))
                    {
                        throw new BadInputException($"{engine.ModelPath}: '{value.Name}' holds {number} on normal inputs; the weights do not fit this graph.");
                    }
                }
            }
        }

        return new ModelTrial([.. result.Values.Select(static value => $"{value.Name} {value.Shape}")], $"normal inputs, seed {seed}, open extents 2");
    }

    private static HostTensor Some(ElementType type, TensorShape shape, Random random)
    {
        var bytes = new byte[type.SizeBytes(shape.Count)];
        if (type == ElementType.Float32)
        {
            foreach (ref var number in MemoryMarshal.Cast<byte, float>(bytes.AsSpan()))
            {
                number = (float)(Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble()));
            }
        }

        return new HostTensor(type, shape, bytes);
    }
}
