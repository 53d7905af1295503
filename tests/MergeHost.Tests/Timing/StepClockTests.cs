using System.Diagnostics;
using System.Text.Json;
using MergeHost.Timing;

namespace MergeHost.Tests.Timing;

public sealed class StepClockTests
{
    [Fact]
    public void Begin_WhileNobodyListens_GivesNothing()
    {
        using ActivitySource unheard = new("MergeHost.Unheard");
        Assert.False(unheard.HasListeners());
        using StepClock clock = new();
        using Activity? heard = Step.Begin("heard");
        Assert.NotNull(heard);
    }

    // Other tests may merge at the same time, so that only steps of these names are looked at.
    [Fact]
    public void Summarize_OfAStepWithinAStep_CountsEachMomentOnce()
    {
        using StepClock clock = new();
        using (Step.Begin("outer"))
        {
            using (Step.Begin("inner", "w", 5))
            {
                Thread.Sleep(2);
            }

            using (Step.Begin("inner", "w", 7))
            {
                Thread.Sleep(2);
            }
        }

        TimingSummary summary = clock.Summarize();
        StepTime outer = summary.Steps.Single(step => step.Name == "outer");
        StepTime inner = summary.Steps.Single(step => step.Name == "inner");
        using JsonDocument trace = JsonDocument.Parse(clock.ToTrace());
        JsonElement whole = trace.RootElement.EnumerateArray().Single(step => step.GetProperty("name").GetString() == "outer");
        Assert.Equal((1, 2, 12L), (outer.Count, inner.Count, inner.Bytes));
        Assert.Equal(whole.GetProperty("dur").GetDouble(), (outer.Time + inner.Time).TotalMicroseconds, 1e-3);
        Assert.All([outer.Time, inner.Time], time => Assert.InRange(time, TimeSpan.FromTicks(1), summary.Wall));
    }

    [Fact]
    public void Summarize_OfTheMainThread_AddsUpToTheWholeTime()
    {
        using StepClock clock = new();
        using (Step.Begin("main"))
        {
            new Thread(() => Step.Begin("beside")?.Dispose()).Start();
        }

        TimingSummary summary = clock.Summarize();
        TimeSpan known = new[] { "start-up", "main", "rest" }.Select(name => summary.Steps.Single(step => step.Name == name).Time)
            .Aggregate((sum, time) => sum + time);
        Assert.Equal(summary.Wall, known);
    }
}
