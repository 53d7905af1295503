namespace MergeHost.Reports;

/// <summary>How far a part of an output is.</summary>
/// <param name="Part">Which part, such as <c>2/4</c>.</param>
/// <param name="State"><c>not begun</c>, <c>running</c>, <c>stopped</c> or <c>done</c>.</param>
/// <param name="DoneTensors">How many of its tensors its journal has.</param>
/// <param name="TotalTensors">How many it makes.</param>
/// <param name="LengthBytes">How long its tensors are together as they are stored.</param>
public sealed record PartStatus(string Part, string State, int DoneTensors, int TotalTensors, long LengthBytes)
{
    internal const string NotBegun = "not begun";
    internal const string Running = "running";
    internal const string Stopped = "stopped";
    internal const string Done = "done";
}
