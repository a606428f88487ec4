namespace Toolkit.Formats.Runs;

/// <summary>The feature channels that a file by channels holds.</summary>
/// <param name="Tensor">The tensor.</param>
/// <param name="First">The first channel.</param>
/// <param name="Count">How many channels.</param>
public sealed record ChannelRange(int Tensor, int First, int Count);
