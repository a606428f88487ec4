namespace Toolkit.Testing;

/// <summary>
/// Files that others made, in the folder <c>shared/data</c> beside the checkout; tests that use them skip where it is
/// absent.
/// </summary>
internal static class SharedData
{
    /// <summary>The checkout's root: the folder that holds Toolkit.sln.</summary>
    public static string RepositoryRoot { get; } = FindUpwards(AppContext.BaseDirectory, "Toolkit.sln")
        ?? throw new InvalidOperationException("The tests run outside a checkout of the toolkit.");

    /// <summary>
    /// The path of a shared file or folder; skips the running test, with the reason, where it is absent.
    /// </summary>
    public static string Require(params string[] parts)
    {
        var path = Path.Combine([RepositoryRoot, "..", "shared", "data", .. parts]);
        Assert.SkipUnless(Path.Exists(path), $"shared/data/{string.Join('/', parts)} is not beside this checkout.");
        return Path.GetFullPath(path);
    }

    private static string? FindUpwards(string folder, string file)
    {
        for (var at = new DirectoryInfo(folder); at is not null; at = at.Parent)
        {
            if (File.Exists(Path.Combine(at.FullName, file)))
            {
                return at.FullName;
            }
        }

        return null;
    }
}
