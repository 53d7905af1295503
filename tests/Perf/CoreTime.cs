using System.Runtime.InteropServices;

namespace MergeHost.Perf;

/// <summary>How long a core has worked for the calling thread; what other programs take does not count.</summary>
internal static partial class CoreTime
{
    private const int ThreadClock = 3;

    /// <summary>The time in seconds.</summary>
    public static double Now
    {
        get
        {
            Span<long> time = stackalloc long[2];
            _ = GetTime(ThreadClock, time);
            return time[0] + (time[1] * 1e-9);
        }
    }

    // Seconds, and the nanoseconds after them.
    [LibraryImport("libc", EntryPoint = "clock_gettime")]
    private static partial int GetTime(int clock, Span<long> time);
}
