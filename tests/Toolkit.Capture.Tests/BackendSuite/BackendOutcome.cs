namespace Toolkit.Capture.Tests.BackendSuite;

/// <summary>What became of a case.</summary>
public enum BackendOutcome
{
    /// <summary>All exposable values were captured; the outputs are the expected ones.</summary>
    Captured,

    /// <summary>
    /// ONNX Runtime itself does not load or run the case, or our interface to it cannot give its inputs.
    /// </summary>
    NotRun,

    /// <summary>ONNX Runtime itself gives other outputs than expected.</summary>
    Differs,

    /// <summary>Plain the case runs right; captured it does not.</summary>
    Failed,

    /// <summary>Plain the case runs; captured it ends the process.</summary>
    Crashed,
}
