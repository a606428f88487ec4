using System.Diagnostics;
using System.IO.Pipes;

namespace Toolkit.Inspect.Processes;

/// <summary>Tells the parent that a child's planning is over, so that the limit of planning no longer counts.</summary>
internal sealed class PlanningSignal : IDisposable
{
    private const string Variable = "TOOLKIT_INSPECT_PLANNING";

    private readonly AnonymousPipeServerStream _pipe = new(PipeDirection.In, HandleInheritability.Inheritable);
    private static volatile bool _isSaid;
    private volatile bool _isOver;

    /// <summary>Whether the child has said so.</summary>
    public bool IsOver => _isOver;

    /// <summary>In the child: whether it has.</summary>
    public static bool IsSaid => _isSaid;

    /// <summary>In the child: says so. Nothing happens where no parent listens.</summary>
    public static void Say()
    {
        _isSaid = true;
        if (Environment.GetEnvironmentVariable(Variable) is not { Length: > 0 } handle)
        {
            return;
        }

        try
        {
            using var pipe = new AnonymousPipeClientStream(PipeDirection.Out, handle);
            pipe.WriteByte(1);
        }
        catch (Exception gone) when (gone is IOException or ArgumentException)
        {
            // The parent has gone, which ends this process by another way.
        }
    }

    /// <summary>Starts a child that can say so, and listens.</summary>
    /// <param name="info">The child.</param>
    public Process? Start(ProcessStartInfo info)
    {
        info.Environment[Variable] = _pipe.GetClientHandleAsString();
        var process = Process.Start(info);
        _pipe.DisposeLocalCopyOfClientHandle();
        new Thread(Listen) { IsBackground = true, Name = "planning signal" }.Start();
        return process;
    }

    private void Listen()
    {
        try
        {
            _isOver = _pipe.ReadByte() >= 0;
        }
        catch (Exception closed) when (closed is IOException or ObjectDisposedException or OperationCanceledException)
        {
            // The child has ended, and with it the listening.
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _pipe.Dispose();
}
