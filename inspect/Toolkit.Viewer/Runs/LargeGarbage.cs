namespace Toolkit.Viewer.Runs;

/// <summary>
/// Matrices that live for one picture are large objects, which the collector lets pile up to several hundred megabytes
/// before it looks at them. Whoever is about to make or has just made some asks here first.
/// </summary>
internal static class LargeGarbage
{
    private const long MostIdleBytes = 160L * 1024 * 1024;

    /// <summary>
    /// Collects where much has piled up. Takes some milliseconds then, since what is alive are few large arrays of
    /// numbers.
    /// </summary>
    /// <param name="giveBack">True to give free memory back to the system, at the end of a picture; false to use it
    /// again at once.</param>
    public static void Collect(bool giveBack)
    {
        if (GC.GetTotalMemory(forceFullCollection: false) > MostIdleBytes)
        {
            GC.Collect(
                2,
                giveBack ? GCCollectionMode.Aggressive : GCCollectionMode.Forced,
                blocking: true,
                compacting: giveBack);
        }
    }
}
