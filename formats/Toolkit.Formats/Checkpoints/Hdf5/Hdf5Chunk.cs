namespace Toolkit.Formats.Checkpoints.Hdf5;

/// <summary>One chunk of a dataset: where its bytes lie and which corner of the dataset it covers.</summary>
internal readonly record struct Hdf5Chunk(long Address, int Bytes, uint FilterMask, long[] Corner);
