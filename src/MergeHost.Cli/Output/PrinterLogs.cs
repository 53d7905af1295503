using Microsoft.Extensions.Logging;

namespace MergeHost.Cli.Output;

/// <summary>Writes log lines the way everything else is said: as text, or as lines of JSON.</summary>
internal sealed class PrinterLogs(IPrinter printer) : ILoggerProvider
{
    public ILogger CreateLogger(string categoryName) => new Log(printer, categoryName);

    public void Dispose()
    {
    }

    private sealed class Log(IPrinter printer, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None;

        void ILogger.Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception,
            Func<TState, Exception?, string> formatter) =>
            printer.Log(logLevel.ToString().ToLowerInvariant(), category,
                exception is null ? formatter(state, exception) : $"{formatter(state, exception)}: {exception.Message}");
    }
}
