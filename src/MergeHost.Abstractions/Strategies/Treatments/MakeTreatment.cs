using MergeHost.Builders;

namespace MergeHost.Strategies;

/// <summary>Work in memory that makes one tensor or several at once, of any shapes, from any sources or from
/// none. Only builders may ask for it.</summary>
public sealed class MakeTreatment : Treatment
{
    internal MakeTreatment(Action<MadeTensors> work, long scratchBytes, bool holdsSources)
    {
        Work = work;
        ScratchBytes = scratchBytes;
        HoldsSources = holdsSources;
    }

    /// <summary>Fills the results.</summary>
    public Action<MadeTensors> Work { get; }

    /// <summary>Memory that the work takes besides results, and sources if it holds them, in float32.</summary>
    public long ScratchBytes { get; }

    /// <summary>Whether all sources are in memory at once.</summary>
    public bool HoldsSources { get; }
}
