namespace Toolkit.Runtime;

/// <summary>What a value is made of.</summary>
public enum ValueKind
{
    /// <summary>A dense tensor of numbers or text.</summary>
    Tensor,

    /// <summary>A list of values of one type.</summary>
    Sequence,

    /// <summary>Keys and values.</summary>
    Map,

    /// <summary>A value or none. None cannot be fetched: the runtime ends the process.</summary>
    Optional,

    /// <summary>A tensor of which only the elements that are not zero are kept.</summary>
    SparseTensor,

    /// <summary>Something only the runtime's own operators understand.</summary>
    Opaque,
}
