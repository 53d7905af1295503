using System.Text.Json;
using MergeHost.Plugins.LanguageModel.Python;
using MergeHost.Plugins.LanguageModel.Templates;

namespace MergeHost.LanguageModel.Tests;

public class TextTemplateTests
{
    private static readonly Dictionary<string, object?> _item = PythonValue.Fields(JsonDocument.Parse("""
        {"question": " is it? ", "label": 1, "flag": true, "score": 2.0, "choices": {"text": ["no", "yes"], "label": ["A", "B"]}, "key": "B"}
        """).RootElement);

    [Theory]
    [InlineData("plain { text }", "plain { text }")]
    [InlineData("Q:{{question}}\nA:", "Q: is it? \nA:")]
    [InlineData("{{ question.strip().capitalize() }}", "Is it?")]
    [InlineData("{{question|trim|upper}}", "IS IT?")]
    [InlineData("{{choices.text[label]}} {{choices['text'][-2]}}", "yes no")]
    [InlineData("{{['no', 'yes'][flag]}}", "yes")]
    [InlineData("{{choices.label.index(key)}}", "1")]
    [InlineData("{{label + 1}} {{label ~ key}} {{score}} {{1.5 - label}}", "2 1B 2.0 0.5")]
    [InlineData("{{'a' if label == 1 and not flag else 'b' if label in [1, 2] else 'c'}}", "b")]
    [InlineData("{{', '.join(choices.text)}} {{choices.text|join('/')}} {{choices.text|length}}", "no, yes no/yes 2")]
    [InlineData("""{{question.replace("it", "\"x\"")}}""", " is \"x\"? ")]
    public void Render_OfWhatTaskFilesUse_MeansWhatPythonMeans(string template, string expected) =>
        Assert.Equal(expected, new TextTemplate(template).Render(_item));

    [Fact]
    public void Evaluate_OfASingleExpression_KeepsItsKind()
    {
        Assert.Equal(["no", "yes"], Assert.IsType<IReadOnlyList<object?>>(new TextTemplate("{{choices.text}}").Evaluate(_item), exactMatch: false));
        Assert.Equal(1L, new TextTemplate("{{label}}").Evaluate(_item));
        Assert.Equal(" 1", new TextTemplate(" {{label}}").Evaluate(_item));
    }

    [Theory]
    [InlineData("{{missing}}", "there is no field 'missing'")]
    [InlineData("{{choices.other}}", "there is no field 'other'")]
    [InlineData("{{choices.text[2]}}", "index 2 is outside of 2 items")]
    [InlineData("{% if a %}x{% endif %}", "there is no field 'a'")]
    [InlineData("{% if label %}x", "'{% endif %}' is missing")]
    [InlineData("{% include 'x' %}", "'{% include %}' is not supported")]
    [InlineData("{{ question | xmlattr }}", "filter '| xmlattr' is not supported")]
    [InlineData("{{ question is nothing }}", "test 'is nothing' is not supported")]
    [InlineData("{{ question.encode() }}", "there is no field 'encode' in a text")]
    [InlineData("{{ question.strip(1) }}", "'strip' needs a text, found a number")]
    [InlineData("{{ question.lower(1) }}", "'lower' takes at most 0 arguments, found 1")]
    [InlineData("{% for a in range(99999) %}{% for b in range(99999) %}x{% endfor %}{% endfor %}", "it takes more than")]
    [InlineData("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", "calls are deeper than 100")]
    [InlineData("{{ 'x' * 99999999 }}", "'*' would make more than")]
    [InlineData("{{ question", "'{{' has no '}}'")]
    [InlineData("{{ a $ b }}", "'$' is not understood")]
    public void Render_OfWhatIsNotUnderstood_IsRefusedByName(string template, string message)
    {
        MergeHostException exception = Assert.Throws<MergeHostException>(() => new TextTemplate(template).Evaluate(_item) is var value && value is string ? value : new TextTemplate(template).Render(_item));
        Assert.Equal(ErrorCodes.BadTaskData, exception.Code);
        Assert.Contains(message, exception.Message, StringComparison.Ordinal);
    }
}
