using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json;

namespace MergeHost.Timing;

/// <summary>Takes the time of the steps of a merge, as long as it lives.</summary>
internal sealed class StepClock : IDisposable
{
    private const string StartUp = "start-up";
    private const string Rest = "rest";

    private readonly ConcurrentQueue<TimedStep> _steps = [];
    private readonly ActivityListener _listener;
    private readonly DateTime _begin;
    private readonly int _thread = Environment.CurrentManagedThreadId;

    public StepClock()
    {
        using Process process = Process.GetCurrentProcess();
        _begin = process.StartTime.ToUniversalTime();
        _steps.Enqueue(new TimedStep(StartUp, null, 0, _thread, TimeSpan.Zero, DateTime.UtcNow - _begin));
        _listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == Step.SourceName,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = Note,
        };
        ActivitySource.AddActivityListener(_listener);
    }

    public void Dispose() => _listener.Dispose();

    /// <summary>The time since the program's start, and that of each step summed over all threads; of steps
    /// within steps only the inner counts.</summary>
    public TimingSummary Summarize()
    {
        TimeSpan wall = DateTime.UtcNow - _begin;
        List<(TimedStep Step, TimeSpan Own)> steps = [.. _steps.GroupBy(step => step.Thread).SelectMany(OwnTimes)];
        TimeSpan ofMain = Sum(steps.Where(pair => pair.Step.Thread == _thread));
        return new TimingSummary(wall,
        [
            .. steps.GroupBy(pair => pair.Step.Name).OrderBy(group => group.Min(pair => pair.Step.Start))
                .Select(group => new StepTime(group.Key, group.Count(), Sum(group), group.Sum(pair => pair.Step.Bytes))),
            new StepTime(Rest, 1, wall - ofMain, 0),
        ]);

        static TimeSpan Sum(IEnumerable<(TimedStep, TimeSpan Own)> of) => of.Aggregate(TimeSpan.Zero, (sum, pair) => sum + pair.Own);
    }

    /// <summary>All steps in the Trace Event Format of Chromium, which ui.perfetto.dev shows.</summary>
    /// <seealso href="https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU">Trace Event Format</seealso>
    public byte[] ToTrace()
    {
        using MemoryStream trace = new();
        using Utf8JsonWriter json = new(trace);
        json.WriteStartArray();
        foreach (TimedStep step in _steps)
        {
            json.WriteStartObject();
            json.WriteString("name", step.Name);
            json.WriteString("ph", "X");
            json.WriteNumber("pid", Environment.ProcessId);
            json.WriteNumber("tid", step.Thread);
            json.WriteNumber("ts", step.Start.TotalMicroseconds);
            json.WriteNumber("dur", step.Duration.TotalMicroseconds);
            json.WriteStartObject("args");
            if (step.Tensor is not null)
            {
                json.WriteString("tensor", step.Tensor);
            }

            json.WriteNumber("bytes", step.Bytes);
            json.WriteEndObject();
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.Flush();
        return trace.ToArray();
    }

    private void Note(Activity step) => _steps.Enqueue(new TimedStep(
        step.OperationName, step.GetTagItem("tensor") as string, step.GetTagItem("bytes") as long? ?? 0,
        Environment.CurrentManagedThreadId, step.StartTimeUtc - _begin, step.Duration));

    // Steps of one thread lie one after the other, or one within the other.
    private static IEnumerable<(TimedStep Step, TimeSpan Own)> OwnTimes(IEnumerable<TimedStep> ofThread)
    {
        TimedStep[] steps = [.. ofThread.OrderBy(step => step.Start).ThenByDescending(step => step.Duration)];
        TimeSpan[] own = [.. steps.Select(step => step.Duration)];
        Stack<int> open = [];
        for (int index = 0; index < steps.Length; index++)
        {
            while (open.TryPeek(out int last) && steps[last].Start + steps[last].Duration <= steps[index].Start)
            {
                open.Pop();
            }

            if (open.TryPeek(out int around))
            {
                own[around] -= steps[index].Duration;
            }

            open.Push(index);
        }

        return steps.Zip(own);
    }

    private sealed record TimedStep(string Name, string? Tensor, long Bytes, int Thread, TimeSpan Start, TimeSpan Duration);
}
