using Toolkit.Formats.Checkpoints;
using Toolkit.Formats.Tensors;

namespace Toolkit.Formats.Import;

/// <summary>
/// Brings a checkpoint's tensors to float32: float16 and bfloat16 exactly; float64 to the nearest, where that is
/// allowed, and keeps what it cost.
/// </summary>
/// <param name="isAllowed">Whether float64 is rounded; else it is left to be refused.</param>
public sealed class Float32Rounding(bool isAllowed)
{
    private readonly Dictionary<string, double> _errors = new(StringComparer.Ordinal);

    /// <summary>How many tensors were rounded so far.</summary>
    public int Tensors => _errors.Count;

    /// <summary>The largest |rounded − x| / |x| over every finite x ≠ 0 of them; 0 where none was rounded.</summary>
    public double LargestRelativeError => _errors.Values.DefaultIfEmpty().Max();

    /// <summary>What to do with a type that is not rounded and could be, for messages.</summary>
    /// <param name="type">The type found.</param>
    /// <returns>The end of a sentence; empty where there is nothing to do.</returns>
    public string HowTo(ElementType type) => type == ElementType.Float64 && !isAllowed
        ? "; add --round to round it, or save it as float32"
        : string.Empty;

    /// <summary>Says whether <see cref="Read"/> makes float32 of a type.</summary>
    /// <param name="type">The element type.</param>
    /// <returns>True or false.</returns>
    public bool Takes(ElementType type) =>
        type == ElementType.Float32 || SmallFloats.Widens(type) || Rounds(type);

    /// <summary>Says whether a type is rounded.</summary>
    /// <param name="type">The element type.</param>
    /// <returns>True for float64 where it is allowed.</returns>
    public bool Rounds(ElementType type) => isAllowed && type == ElementType.Float64;

    /// <summary>Reads a tensor as float32; as it is where <see cref="Takes"/> is false.</summary>
    /// <param name="checkpoint">The checkpoint.</param>
    /// <param name="tensor">One of its tensors.</param>
    /// <returns>The content; NaN and the infinities stay what they are.</returns>
    /// <exception cref="BadInputException">A finite number would become infinite.</exception>
    public HostTensor Read(Checkpoint checkpoint, CheckpointTensor tensor)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        ArgumentNullException.ThrowIfNull(tensor);
        var content = checkpoint.Read(tensor);
        if (!Rounds(tensor.Type))
        {
            return SmallFloats.Widen(content);
        }

        var numbers = content.AsSpan<double>();
        var rounded = new float[numbers.Length];
        var error = 0.0;
        for (var i = 0; i < numbers.Length; i++)
        {
            var (exact, near) = (numbers[i], (float)numbers[i]);
            rounded[i] = near;
            if (!double.IsFinite(exact) || exact == 0)
            {
                continue;
            }

            if (float.IsInfinity(near))
            {
                throw new BadInputException(
                    $"{checkpoint.Name}: {HostileText.Quote(tensor.Name)} holds {exact:G6}, which rounds to infinity: "
                        + $"float32 ends at {float.MaxValue:G6}. Scale the network before it is saved.");
            }

            error = Math.Max(error, Math.Abs((near - exact) / exact));
        }

        _errors[tensor.Name] = error;
        return HostTensor.Float32(tensor.Shape, rounded);
    }

    /// <summary>Where a tensor came from, with the rounding among what was done to it.</summary>
    /// <param name="checkpoint">The checkpoint.</param>
    /// <param name="tensor">One of its tensors, that was read before.</param>
    /// <returns>The lineage.</returns>
    public TensorLineage Lineage(Checkpoint checkpoint, CheckpointTensor tensor)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        ArgumentNullException.ThrowIfNull(tensor);
        var lineage = checkpoint.Lineage(tensor);
        return _errors.TryGetValue(tensor.Name, out var error)
            ? lineage with
            {
                Transformations =
                    lineage.Transformations.Add($"rounded to float32, largest relative error {error:G3}"),
            }
            : lineage;
    }
}
