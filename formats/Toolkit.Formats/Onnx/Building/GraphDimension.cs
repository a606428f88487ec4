namespace Toolkit.Formats.Onnx.Building;

/// <summary>One extent of an input or output: a number, or a name for an extent that changes from run to run.</summary>
public readonly record struct GraphDimension
{
    private GraphDimension(long size, string? name)
    {
        Size = size;
        Name = name;
    }

    /// <summary>The extent; meaningless where <see cref="Name"/> is set.</summary>
    public long Size { get; }

    /// <summary>The name of a dynamic extent (<c>batch</c>); null where the extent is fixed.</summary>
    public string? Name { get; }

    /// <summary>A fixed extent.</summary>
    /// <param name="size">At least 0.</param>
    public static implicit operator GraphDimension(long size) => FromInt64(size);

    /// <summary>A dynamic extent.</summary>
    /// <param name="name">Its name, shared by all dimensions that are equal in every run.</param>
    public static implicit operator GraphDimension(string name) => FromString(name);

    /// <summary>A fixed extent.</summary>
    /// <param name="size">At least 0.</param>
    /// <returns>The dimension.</returns>
    public static GraphDimension FromInt64(long size)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(size);
        return new GraphDimension(size, null);
    }

    /// <summary>A dynamic extent.</summary>
    /// <param name="name">Its name, shared by all dimensions that are equal in every run.</param>
    /// <returns>The dimension.</returns>
    public static GraphDimension FromString(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        return new GraphDimension(0, name);
    }
}
