namespace Toolkit.Models.Networks;

/// <summary>How a parameter starts, such that the same seed gives the published initial weights bit for bit.</summary>
public enum ParameterInitialization
{
    /// <summary>Standard normal, then divided by the scale (a float32 division), as the MLPs do.</summary>
    NormalDivided,

    /// <summary>Normal with the scale as standard deviation, applied while drawing, as TransformerLens does.</summary>
    NormalScaled,

    /// <summary>A constant: the scale itself. Draws no random number.</summary>
    Constant,

    /// <summary>Lower triangle of true, diagonal included (bool): the causal mask. Draws no random number.</summary>
    CausalMask,
}
