using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Toolkit.Formats;
using Toolkit.Formats.Tensors;
using Toolkit.Runtime;

namespace Toolkit.Analysis.Import;

/// <summary>A run of a model on made-up inputs, to prove that it runs and gives finite numbers.</summary>
/// <param name="Outputs">Name and shape of every output.</param>
/// <param name="Note">What the inputs were.</param>
public sealed record ModelTrial(ImmutableArray<string> Outputs, string Note)
{
    private const long Batch = 2;

    // What an open extent of another axis may be: a kernel needs more than 2 positions, a deep convolutional network
    // more than 32.
    private static readonly long[] OpenExtents = [2, 32, 224];

    /// <summary>
    /// Runs a model once: normal numbers for floating-point inputs, zeros for whole numbers. Open extents are 2 on the
    /// first axis and wherever its name occurs again, 0 where the name speaks of a past (as of the cache of a decoder),
    /// else the first of 2, 32, 224 with which the model runs.
    /// </summary>
    /// <param name="engine">The model.</param>
    /// <param name="seed">Seeds the numbers.</param>
    /// <param name="cancellation">Stops the run.</param>
    /// <returns>What came out.</returns>
    /// <exception cref="BadInputException">The model cannot run, or gives NaN or infinity.</exception>
    public static ModelTrial Run(InferenceEngine engine, int seed, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(engine);
        var isOpen = engine.Inputs.Any(static input => input.Dimensions is { } axes
            && axes.Skip(1).Any(static axis => axis.Extent is null));
        foreach (var extent in isOpen ? OpenExtents.AsSpan(..^1) : [])
        {
            try
            {
                return Run(engine, seed, extent, cancellation);
            }
            catch (BadInputException)
            {
                // Too small, perhaps: the largest one says what is wrong.
            }
        }

        return Run(engine, seed, isOpen ? OpenExtents[^1] : Batch, cancellation);
    }

    private static ModelTrial Run(InferenceEngine engine, int seed, long openExtent, CancellationToken cancellation)
    {
        var random = new Random(seed);
        var batches = engine.Inputs
            .Select(static input => input.Dimensions is [{ Extent: null, Name: { } name }, ..] ? name : null)
            .ToHashSet(StringComparer.Ordinal);
        var inputs = new Dictionary<string, InputValue>(StringComparer.Ordinal);
        foreach (var input in engine.Inputs)
        {
            var shape = new TensorShape([.. (input.Dimensions ?? []).Select((dimension, axis) => dimension.Extent
                ?? Open(dimension.Name, axis))]);
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
                        throw new BadInputException(
                            $"{engine.ModelPath}: '{value.Name}' holds {number} on normal inputs; the weights do not "
                                + "fit this graph.");
                    }
                }
            }
        }

        long Open(string? name, int axis) =>
            axis == 0 || (name is not null && batches.Contains(name)) ? Batch
            : name?.Contains("past", StringComparison.OrdinalIgnoreCase) == true
                && !name.Contains('+', StringComparison.Ordinal) ? 0
            : openExtent;

        return new ModelTrial(
            [.. result.Values.Select(static value => $"{value.Name} {value.Shape}")],
            $"normal inputs, seed {seed}, open extents {openExtent}");
    }

    private static HostTensor Some(ElementType type, TensorShape shape, Random random)
    {
        var bytes = new byte[type.SizeBytes(shape.Count)];
        if (type == ElementType.Float32)
        {
            foreach (ref var number in MemoryMarshal.Cast<byte, float>(bytes.AsSpan()))
            {
                number = (float)(Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(
                    2 * Math.PI * random.NextDouble()));
            }
        }

        return new HostTensor(type, shape, bytes);
    }
}
