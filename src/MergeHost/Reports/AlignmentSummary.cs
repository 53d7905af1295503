using System.Text.Json.Nodes;

namespace MergeHost.Reports;

/// <summary>What an alignment does with the models of a stage.</summary>
/// <param name="Id">The alignment.</param>
/// <param name="Plugin">The plugin that has it, with its version.</param>
/// <param name="Lines">What is done, for people.</param>
/// <param name="Report">What is done, in full.</param>
public sealed record AlignmentSummary(string Id, string Plugin, IReadOnlyList<string> Lines, JsonObject Report);
