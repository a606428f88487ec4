using System.Diagnostics;
using Toolkit.Analysis.Representations;
using Toolkit.Formats.Onnx.Schema;
using Toolkit.Formats.Runs;

namespace Toolkit.Inspect.Results;

/// <summary>The activations of a group network on all pairs.</summary>
/// <param name="Moments">Their sums.</param>
/// <param name="Captured">The hidden layer itself, read once more at every call; null where it was not
/// captured.</param>
internal sealed record FirstPass(GroupNetworkMoments Moments, HiddenRows? Captured) : IDisposable
{
    /// <summary>From the run's capture where that is possible, else through ONNX Runtime; the log says which.</summary>
    /// <param name="log">Told which.</param>
    /// <param name="network">Group and roles.</param>
    /// <param name="model">The network, or a checkpoint of it.</param>
    /// <param name="path">Its file.</param>
    /// <param name="weights">Its effective weights.</param>
    /// <param name="run">A run of it, or null.</param>
    /// <param name="cancellation">Stops between two blocks of pairs.</param>
    public static FirstPass Of(
        Action<string> log,
        GroupNetworkTarget network,
        ModelProto model,
        string path,
        GroupNetworkWeights weights,
        RunReader? run,
        CancellationToken cancellation)
    {
        var group = network.Task.Group;
        string? whyNot = null;
        var clock = Stopwatch.StartNew();
        if (run is not null)
        {
            var roles = new GroupNetworkReader(model, path, network.Roles).FirstPass();
            if (CapturedMoments.TryRead(run, path, group, weights, roles, out whyNot, cancellation) is { } captured)
            {
                var values = string.Join(", ", roles.Values.Select(role => role.Value));
                log(
                    $"{run.Folder}: read the captured activations of all {run.Samples} pairs ({values}) in "
                        + $"{clock.Elapsed.TotalSeconds:f1} s.");
                return captured;
            }
        }

        var moments = GroupNetworkRunner.Run(group, model, path, network.Roles, cancellation);
        log(
            $"{path}: ran the network on all {(long)group.Order * group.Order} pairs in "
                + $"{clock.Elapsed.TotalSeconds:f1} s"
                + $"{(whyNot is null ? string.Empty : $"; the capture was not used: {whyNot}")}.");
        return new FirstPass(moments, Captured: null);
    }

    public void Dispose() => Moments.Dispose();
}
