using Toolkit.Runtime;

namespace Toolkit.Capture.Planning;

/// <summary>How much the capture of values may disturb how the model runs.</summary>
public enum ExposureMode
{
    /// <summary>Every value; the runtime optimises what is left to optimise. Default.</summary>
    All,

    /// <summary>
    /// Only values that the optimised graph still computes: no fusion is blocked, the model runs as it is deployed.
    /// </summary>
    AsDeployed,

    /// <summary>Every value; nothing is optimised, every node runs as the file says.</summary>
    Unfused,
}

/// <summary>What a mode means for the runtime.</summary>
public static class ExposureModes
{
    /// <summary>How far the runtime may rewrite the graph in a mode.</summary>
    /// <param name="mode">The mode.</param>
    /// <returns>The level.</returns>
    public static GraphOptimization Optimization(this ExposureMode mode) =>
        mode == ExposureMode.Unfused ? GraphOptimization.None : GraphOptimization.All;
}
