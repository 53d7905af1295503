using System.Text.Json.Nodes;
using MergeHost.Checkpoints;

namespace MergeHost.Tests.Checkpoints;

public class RopeSettingsTests
{
    /// <summary>What transformers 5.12.1 makes of old and new fields beside each other; <c>fixtures/rope/make.py</c> made them.</summary>
    [Fact]
    public void Read_OfOldAndNewFieldsBesideEachOther_IsWhatTransformersReads()
    {
        string[] lines = File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "fixtures", "rope", "cases.jsonl"));
        Assert.True(lines.Length > 90);
        foreach (string line in lines)
        {
            JsonNode @case = JsonNode.Parse(line)!;
            JsonObject expected = @case["rope"]!.AsObject();
            expected.Remove("type");
            JsonObject found = RopeSettings.Read(@case["config"]!.AsObject());
            found.TryAdd("rope_theta", 10000.0);
            found.TryAdd("partial_rotary_factor", expected["partial_rotary_factor"]?.DeepClone());
            expected.TryAdd("partial_rotary_factor", null);
            Assert.True(JsonNode.DeepEquals(expected, found), $"{line}\n{found.ToJsonString()}");
        }
    }

    [Theory]
    [InlineData("""{"rope_theta": 500.0, "rope_parameters": {"rope_theta": 10000.0}}""", "rope_theta 500 does not count")]
    [InlineData("""{"rope_scaling": {"rope_type": "linear", "factor": 2.0}, "rope_parameters": {"rope_theta": 500000.0}}""",
        "rope_scaling takes the place")]
    [InlineData("""{"rope_theta": 10000, "rope_parameters": {"rope_theta": 10000.0}}""", null)]
    [InlineData("""{"rope_theta": 500.0, "rope_scaling": {"type": "linear", "factor": 2.0}, "rope_parameters": null}""", null)]
    [InlineData("""{"rope_scaling": null, "rope_parameters": {"rope_theta": 10000.0}}""", null)]
    public void Contradiction_OfFieldsThatDoNotCount_NamesThem(string config, string? words)
    {
        string? found = RopeSettings.Contradiction(JsonNode.Parse(config)!.AsObject());
        Assert.Equal(words is null, found is null);
        Assert.Contains(words ?? "", found ?? "", StringComparison.Ordinal);
    }
}
