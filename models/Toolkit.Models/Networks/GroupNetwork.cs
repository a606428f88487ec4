namespace Toolkit.Models.Networks;

/// <summary>
/// A network that reads two elements of a finite group and answers with their product. Immutable: it holds no weights.
/// </summary>
public abstract class GroupNetwork
{
    /// <summary>The name of the first input: the left element's index, int64 [batch].</summary>
    public const string InputA = "a";

    /// <summary>The name of the second input: the right element's index, int64 [batch].</summary>
    public const string InputB = "b";

    /// <summary>The name of the output: float32 [batch, n].</summary>
    public const string Logits = "logits";

    /// <summary>Creates the network for a group.</summary>
    /// <param name="order">n, the order of the group, at least 1.</param>
    protected GroupNetwork(int order)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(order, 1);
        Order = order;
    }

    /// <summary>The architecture as configurations name it (the field <c>model</c>).</summary>
    public abstract string Architecture { get; }

    /// <summary>n, the order of the group: elements are the indices 0 to n − 1.</summary>
    public int Order { get; }

    /// <summary>All parameters and buffers, in the order in which their initial values are drawn.</summary>
    public abstract IReadOnlyList<NetworkParameter> Parameters { get; }

    /// <summary>What plays which role.</summary>
    public abstract IReadOnlyList<NetworkRole> Roles { get; }

    /// <summary>Computes the logits of a batch of pairs.</summary>
    /// <typeparam name="T">A tensor of the back end.</typeparam>
    /// <param name="op">The back end.</param>
    /// <param name="a">Left elements: int64 [batch], each in 0 to n − 1.</param>
    /// <param name="b">Right elements: int64 [batch], each in 0 to n − 1.</param>
    /// <returns>Logits: float32 [batch, n].</returns>
    public abstract T Forward<T>(ITensorOps<T> op, T a, T b);
}
