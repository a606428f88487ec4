namespace Toolkit.Runtime;

/// <summary>How far ONNX Runtime may rewrite a graph before it runs it.</summary>
public enum GraphOptimization
{
    /// <summary>Not at all: every node runs as the file says.</summary>
    None = 0,

    /// <summary>Constant folding and removal of what has no effect.</summary>
    Basic = 1,

    /// <summary>Also fusions of several nodes into one of the provider's own.</summary>
    Extended = 2,

    /// <summary>Also another memory layout. The runtime's default.</summary>
    All = 99,
}
