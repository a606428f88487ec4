namespace Toolkit.Analysis.Representations;

/// <summary>How the number found must stand to the one expected.</summary>
public enum SelfTestRelation
{
    /// <summary>They must be the same.</summary>
    Equal,

    /// <summary>It must not exceed it.</summary>
    AtMost,
}
