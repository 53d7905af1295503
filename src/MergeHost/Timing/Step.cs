using System.Diagnostics;

namespace MergeHost.Timing;

/// <summary>The steps of a merge whose time can be taken; they cost next to nothing while nobody does.</summary>
internal static class Step
{
    /// <summary>Recipe, plugins, headers and the plan.</summary>
    public const string Plan = "plan";

    /// <summary>What only the models' data can tell before anything is written.</summary>
    public const string Check = "check";

    /// <summary>Making the files of the output at their full size.</summary>
    public const string Allocate = "allocate";

    /// <summary>Reading blocks of inputs.</summary>
    public const string Read = "read";

    /// <summary>Hashing blocks of inputs and of the output.</summary>
    public const string Digest = "digest";

    /// <summary>Arithmetic, and whatever else a thread does with blocks.</summary>
    public const string Compute = "compute";

    /// <summary>Writing blocks of the output.</summary>
    public const string Write = "write";

    /// <summary>A thread has nothing to do.</summary>
    public const string Wait = "wait";

    /// <summary>Making the output durable, its names and its manifest.</summary>
    public const string Finish = "finish";

    /// <summary>The name by which listeners find the steps.</summary>
    public const string SourceName = "MergeHost";

    private static readonly ActivitySource _source = new(SourceName);

    /// <summary>Begins a step of the calling thread; disposing ends it.</summary>
    /// <param name="name">One of the names here.</param>
    /// <param name="tensor">The tensor that it is about.</param>
    /// <param name="bytes">How much is read, hashed or written.</param>
    /// <returns><see langword="null"/> while nobody listens.</returns>
    public static Activity? Begin(string name, string? tensor = null, long bytes = 0) =>
        _source.HasListeners() ? _source.StartActivity(name)?.SetTag(nameof(tensor), tensor).SetTag(nameof(bytes), bytes) : null;
}
