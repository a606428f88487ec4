using Microsoft.AspNetCore.Components;

namespace Toolkit.Viewer.Components;

/// <summary>
/// The server renders a page twice: into the document that a browser asks for, which is something to look at while the
/// circuit starts, and into the circuit, which answers.
/// </summary>
internal static class Prerendering
{
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(300);

    /// <summary>
    /// Waits for what a page shows, but a moment only where the document waits for it: the circuit brings what is late.
    /// </summary>
    /// <param name="renderer">What renders the page.</param>
    /// <param name="work">What the page needs.</param>
    /// <returns>True where the work is done.</returns>
    public static async Task<bool> Await(this RendererInfo renderer, Task work)
    {
        if (!renderer.IsInteractive && await Task.WhenAny(work, Task.Delay(Patience)) != work)
        {
            return false;
        }

        await work;
        return true;
    }
}
