using Toolkit.Formats;
using Toolkit.Formats.Tensors;

namespace Toolkit.Capture.Inputs;

/// <summary>
/// An array that is read part by part, so that it need not be in memory as a whole. Disposing closes its file, which
/// several arrays may share.
/// </summary>
internal abstract class ArraySource : IDisposable
{
    private const long PieceBytes = 1 << 16;

    /// <summary>What messages call it.</summary>
    public abstract string Name { get; }

    /// <summary>The element type.</summary>
    public abstract ElementType Type { get; }

    /// <summary>The shape.</summary>
    public abstract TensorShape Shape { get; }

    /// <summary>
    /// Whether all elements become those of another type by <see cref="ArrayConversion"/>; every element is looked at.
    /// </summary>
    public abstract bool Fits(ElementType type);

    /// <summary>Some positions of one axis, whole along all others.</summary>
    public abstract HostTensor Read(int axis, long first, long count);

    /// <summary>Some positions of one axis in a type that <see cref="Fits"/>.</summary>
    /// <exception cref="BadInputException">The file was changed since.</exception>
    public HostTensor Read(int axis, long first, long count, ElementType type)
    {
        var bytes = count == 0 ? 0 : Type.SizeBytes(Shape.Count) / Shape[axis] * count;
        if (axis != 0 || type == Type || type == ElementType.Undefined || bytes <= PieceBytes)
        {
            return Converted(Read(axis, first, count), type);
        }

        // A large part is converted piece by piece, so that it is never in memory in both types.
        var shape = Shape.Dimensions.ToArray();
        shape[0] = count;
        var whole = new byte[type.SizeBytes(new TensorShape(shape).Count)];
        var step = Math.Max(1, PieceBytes / (bytes / count));
        var at = 0;
        for (var done = 0L; done < count; done += step)
        {
            var piece = Converted(Read(axis, first + done, Math.Min(step, count - done)), type);
            piece.Bytes.Span.CopyTo(whole.AsSpan(at));
            at += piece.Bytes.Length;
        }

        return new HostTensor(type, new TensorShape(shape), whole);
    }

    /// <summary>All of it in a type that <see cref="Fits"/>.</summary>
    public HostTensor ReadWhole(ElementType type) =>
        Converted(Shape.Rank == 0 ? ReadScalar() : Read(0, 0, Shape[0]), type);

    /// <inheritdoc/>
    public abstract void Dispose();

    /// <summary>The element of an array without axes.</summary>
    protected abstract HostTensor ReadScalar();

    private HostTensor Converted(HostTensor part, ElementType type) => ArrayConversion.To(part, type)
        ?? throw new BadInputException(
            $"{Name}: values that do not become {type.DisplayName()} came in while it was read: the file was changed.");
}
