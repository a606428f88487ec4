using Microsoft.Extensions.Logging;

namespace Toolkit.Viewer;

/// <summary>
/// Hands what the web server logs to the program's own log, one line each, failures with their innermost reason.
/// </summary>
internal sealed class LineLoggerProvider(Action<string> log) : ILoggerProvider
{
    public ILogger CreateLogger(string categoryName) => new LineLogger(log);

    public void Dispose()
    {
    }

    private sealed class LineLogger(Action<string> log) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

        public void Log<TState>(
            LogLevel logLevel,
            EventId eventId,
            TState state,
            Exception? exception,
            Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
            {
                var reason = exception?.GetBaseException() is { } cause
                    ? $" {cause.GetType().Name}: {cause.Message}"
                    : string.Empty;
                log(
                    $"{(logLevel >= LogLevel.Error ? "error" : "warning")}: {formatter(state, exception)}{reason}".ReplaceLineEndings(
                        " "));
            }
        }
    }
}
