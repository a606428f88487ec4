namespace Toolkit.Runtime;

/// <summary>The least severe message that ONNX Runtime writes to standard error.</summary>
public enum InferenceLog
{
    /// <summary>Everything.</summary>
    Verbose = 0,

    /// <summary>What it did.</summary>
    Information = 1,

    /// <summary>What may be wrong with a model.</summary>
    Warning = 2,

    /// <summary>What failed; the exception says it too.</summary>
    Error = 3,

    /// <summary>What ends the process.</summary>
    Fatal = 4,
}
