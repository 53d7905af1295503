using System.Text;
using System.Text.Json.Nodes;
using MergeHost.Checkpoints;

namespace MergeHost.Tests.Checkpoints;

public sealed class PythonJsonTests
{
    // Written by Python's json.dumps(…, indent=2, ensure_ascii=False), so that it comes back as it is.
    private const string Written = """
        {
          "time_step_limit": [
            0.0,
            Infinity
          ],
          "low": -Infinity,
          "none": NaN,
          "words": "NaN, Infinity \"Infinity\" 薬",
          "eps": 1e-05,
          "large": 1234567890123456789012,
          "empty": {}
        }

        """;

    [Fact]
    public void Indented_OfWhatPythonWrote_IsTheSameText() =>
        Assert.Equal(Written.Replace("\r", "", StringComparison.Ordinal), Encoding.UTF8.GetString(PythonJson.Indented(Parse(Written)!)));

    // json.dumps(…, ensure_ascii=False) in Python.
    [Fact]
    public void Line_OfAValue_IsWhatPythonWritesInOneLine() =>
        Assert.Equal("{\"a\": [1, -Infinity, {}], \"é\": {\"n\": null, \"l\": []}}\n",
            Encoding.UTF8.GetString(PythonJson.Line(Parse("{\"a\":[1,-Infinity,{}],\"é\":{\"n\":null,\"l\":[]}}")!)));

    [Fact]
    public void Parse_OfNumbersThatAreNone_GivesThem()
    {
        JsonNode config = Parse(Written)!;
        Assert.Equal(double.PositiveInfinity, config["time_step_limit"].At(1).AsNumber());
        Assert.Equal(double.NegativeInfinity, config["low"].AsNumber());
        Assert.Equal(double.NaN, config["none"].AsNumber());
        Assert.Null(config["none"].AsText());
        Assert.Equal("NaN", Parse("\"NaN\"").AsText());
        Assert.Equal("[0.0,1e99999]", config["time_step_limit"]!.ToJsonString());
    }

    [Fact]
    public void Parse_OfAKeyThatStandsTwice_TakesTheLast() =>
        Assert.Equal("""{"a":{"c":3},"b":2}""", Parse("""{"a": 1, "b": 2, "a": {"b": 1, "c": 3}, "a": {"c": 3}}""")!.ToJsonString());

    [Theory]
    [InlineData(800, true)]
    [InlineData(1_000, false)]
    [InlineData(100_000, false)]
    public void Parse_OfNestedArrays_TakesWhatPythonTakes(int depth, bool isTaken)
    {
        string text = new string('[', depth) + new string(']', depth);
        if (isTaken)
        {
            Assert.NotEmpty(PythonJson.Indented(Parse(text)!.DeepClone()));
        }
        else
        {
            Assert.Contains("line 1", Assert.Throws<FormatException>(() => Parse(text)).Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("{\"a\": \"\\ud800\"}", "surrogate")]
    [InlineData("{\"\\udfff\": 1}", "surrogate")]
    [InlineData("{\n\"a\": Infinit}", "line 2")]
    [InlineData("[1, 2", "line 1")]
    [InlineData("[NaNaN]", "line 1")]
    public void Parse_OfWhatIsNoJson_Explains(string text, string reason) =>
        Assert.Contains(reason, Assert.Throws<FormatException>(() => Parse(text)).Message, StringComparison.Ordinal);

    [Fact]
    public void Parse_OfBytesThatAreNoText_Explains() =>
        Assert.Contains("UTF-8",
            Assert.Throws<FormatException>(() => PythonJson.Parse(new byte[] { (byte)'"', 0xFF, (byte)'"' }, Fail)).Message,
            StringComparison.Ordinal);

    [Fact]
    public void Parse_OfMoreValuesThanAnyFileHas_Stops()
    {
        byte[] commas = new byte[PythonJson.MostValues + 10];
        Array.Fill(commas, (byte)',');
        Assert.Contains("values", Assert.Throws<FormatException>(() => PythonJson.Parse(commas, Fail)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("[1]")]
    [InlineData("\"a\"")]
    [InlineData("1.5")]
    [InlineData("12345678901234567890")]
    [InlineData("null")]
    [InlineData("true")]
    [InlineData("NaN")]
    public void Access_OfAnotherType_GivesNothing(string text)
    {
        JsonNode? node = Parse(text);
        Assert.Null(node.Find("a").Find("b").At(0));
        Assert.Null(node.At(7).AsText());
        Assert.Null(node.AsInt());
        Assert.Equal(text == "true" ? true : null, node.AsTruth());
        Assert.Equal(text == "\"a\"" ? "a" : null, node.AsText());
        Assert.Equal(text == "null" ? "nothing" : text, node.Words());
    }

    private static JsonNode? Parse(string text) => PythonJson.Parse(Encoding.UTF8.GetBytes(text), Fail);

    private static FormatException Fail(string reason) => new(reason);
}
