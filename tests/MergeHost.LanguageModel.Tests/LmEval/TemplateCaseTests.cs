using System.Text.Json;
using System.Text.Json.Nodes;
using MergeHost.Plugins.LanguageModel.Python;
using MergeHost.Plugins.LanguageModel.Templates;

namespace MergeHost.LanguageModel.Tests.LmEval;

/// <summary>Templates that jinja2 rendered for lm-evaluation-harness.</summary>
public class TemplateCaseTests
{
    private static readonly Dictionary<string, object?> _fields =
        PythonValue.Fields((JsonObject)JsonNode.Parse(System.IO.File.ReadAllText(Fixtures.File("lm-eval", "functions",
            "templates-doc.json")))!);

    public static TheoryData<string, string?> Cases
    {
        get
        {
            TheoryData<string, string?> cases = [];
            foreach (JsonElement line in FunctionCases.Read("templates"))
            {
                cases.Add(line.GetProperty("template").GetString()!,
                    line.TryGetProperty("text", out JsonElement text) ? text.GetString() : null);
            }

            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Render_OfAPeersTemplate_GivesThePeersTextOrFailsAsItDoes(string template, string? expected)
    {
        if (expected is not null)
        {
            Assert.Equal(expected, new TextTemplate(template).Render(_fields));
            return;
        }

        MergeHostException exception = Assert.Throws<MergeHostException>(() => new TextTemplate(template).Render(_fields));
        Assert.Equal(ErrorCodes.BadTaskData, exception.Code);
    }
}

/// <summary>Inputs and outputs of functions of lm-evaluation-harness, one a line.</summary>
internal static class FunctionCases
{
    public static IEnumerable<JsonElement> Read(string name) =>
        System.IO.File.ReadLines(Fixtures.File("lm-eval", "functions", $"{name}.jsonl")).Where(line => line.Length > 0)
            .Select(line => JsonElement.Parse(line));
}
