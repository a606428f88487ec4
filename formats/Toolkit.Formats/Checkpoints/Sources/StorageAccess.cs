namespace Toolkit.Formats.Checkpoints.Sources;

/// <summary>What a stretch of a storage costs.</summary>
internal enum StorageAccess
{
    /// <summary>It is produced whole, whatever is wanted of it.</summary>
    Whole,

    /// <summary>What lies before is passed over; cheap in ascending order.</summary>
    Forward,

    /// <summary>Only what is wanted is read.</summary>
    Random,
}
