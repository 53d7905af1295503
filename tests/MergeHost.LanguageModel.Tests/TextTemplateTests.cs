using System.Text.Json.Nodes;
using MergeHost.Plugins.LanguageModel.Python;
using MergeHost.Plugins.LanguageModel.Templates;

namespace MergeHost.LanguageModel.Tests;

public class TextTemplateTests
{
    private static readonly Dictionary<string, object?> _item = PythonValue.Fields((JsonObject)JsonNode.Parse("""
        {"question": " is it? ", "label": 1, "flag": true, "score": 2.0, "choices": {"text": ["no", "yes"], "label": ["A", "B"]},
         "key": "B"}
        """)!);

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

    [Theory]
    [InlineData("(", ")", 60_000)]
    [InlineData("not ", "", 60_000)]
    [InlineData("-", "", 60_000)]
    [InlineData("[", "]", 60_000)]
    [InlineData("1 if 1 else ", "", 60_000)]
    [InlineData("", " + 1", 60_000)]
    [InlineData("", ".strip()", 60_000)]
    [InlineData("", "|trim", 60_000)]
    public void Parse_OfEndlessNesting_IsRefused(string before, string after, int times)
    {
        string expression = string.Concat(Enumerable.Repeat(before, times)) + "label" + string.Concat(Enumerable.Repeat(after, times));
        MergeHostException exception = Assert.Throws<MergeHostException>(() => new TextTemplate($"{{{{ {expression} }}}}"));
        Assert.Equal(ErrorCodes.BadTaskData, exception.Code);
        Assert.InRange(exception.Message.Length, 20, 1_000);
    }

    [Theory]
    [InlineData("q.replace('a', q)")]
    [InlineData("q.join(q.split('a'))")]
    [InlineData("q ~ q")]
    [InlineData("q + q")]
    [InlineData("q * 1000")]
    [InlineData("(q.center(100000000) ~ q)|string")]
    [InlineData("q.replace('', q)")]
    [InlineData("q.replace('a', q, 99999999)")]
    [InlineData("q|replace('a', q)")]
    [InlineData("q|regex_replace('a', q)")]
    [InlineData("'%s%s' % (q, q)")]
    [InlineData("'{0}{0}'.format(q)")]
    [InlineData("q.translate({97: q})")]
    [InlineData("(q|wordwrap(1))|indent(q)")]
    [InlineData("(q.replace('a', 'a ')|trim)|wordwrap(1, true, q)")]
    [InlineData("q.replace('a', '\\t').expandtabs(100).replace(' ', 'a')")]
    [InlineData("[q, q]|string")]
    [InlineData("('<' ~ q)|e|e|e|e|e|e|e|e|e|e|e|e|e|e|e|e|replace('amp;', q)")]
    [InlineData("(q|replace('a', '\\\\'))|tojson|tojson")]
    public void Render_OfATextThatGrowsWithoutMeasure_IsRefused(string step)
    {
        TextTemplate template = new($"{{{{ {step} }}}}");
        string text = "aaaaaaaaaaaaaaaa";
        MergeHostException exception = Assert.Throws<MergeHostException>(() =>
        {
            for (int time = 0; time < 64; time++)
            {
                text = template.Render(new Dictionary<string, object?> { ["q"] = text });
            }
        });
        Assert.Equal(ErrorCodes.BadTaskData, exception.Code);
    }

    [Theory]
    [InlineData("question.split('')")]
    [InlineData("99999999999999999999 + question")]
    [InlineData("choices.text[99999999999]")]
    [InlineData("choices.99999999999999999999")]
    [InlineData("'ab' * 9223372036854775807")]
    [InlineData("(-9223372036854775807 - 1)|abs")]
    [InlineData("'{:99999999999}'.format(1)")]
    [InlineData("'%99999999999d' % 1")]
    [InlineData("'a'.translate({97: 55296})")]
    [InlineData("'a'.center(9, 'ab')")]
    [InlineData("'a'.ljust(9, '')")]
    public void Render_OfWhatLibrariesRefuse_IsRefusedByName(string expression) => Assert.Equal(
        ErrorCodes.BadTaskData, Assert.Throws<MergeHostException>(() => new TextTemplate($"{{{{ {expression} }}}}").Render(_item)).Code);

    [Theory]
    [InlineData("v = [v, v]", "v == w")]
    [InlineData("v = [v, v]", "v|string")]
    [InlineData("v = [v, v]", "v < w")]
    [InlineData("v = (v, v)", "{v: 1}[w]")]
    public void Render_OfAValueThatHoldsAnotherAgainAndAgain_IsRefused(string step, string use)
    {
        string times = string.Concat(Enumerable.Repeat($"{{% set {step} %}}", 60));
        string template = $"{{% set v = 1 %}}{times}{{% set w = v %}}{{% set v = 1 %}}{times}{{{{ {use} }}}}";
        Assert.Equal(ErrorCodes.BadTaskData, Assert.Throws<MergeHostException>(() => new TextTemplate(template).Render(_item)).Code);
    }

    [Theory]
    [InlineData("ns.v == ns.w")]
    [InlineData("ns.v < ns.w")]
    [InlineData("{ns.v: 1}[ns.w]")]
    public void Render_OfAnEndlesslyDeepValue_IsRefused(string use)
    {
        string template =
            $"{{% set ns = namespace(v=(1,), w=(1,)) %}}{{% for i in range(90000) %}}{{% set ns.v = (ns.v,) %}}{{% set ns.w = (ns.w,) "
                + $"%}}{{% endfor %}}{{{{ {use} }}}}";
        Assert.Equal(ErrorCodes.BadTaskData, Assert.Throws<MergeHostException>(() => new TextTemplate(template).Render(_item)).Code);
    }

    [Theory]
    [InlineData("{{ 'abc'[1::9223372036854775807] }}", "b")]
    [InlineData("{{ 'abcd'[::-9223372036854775807] }}", "d")]
    [InlineData("{{ 'aaa'.replace('a', 'b', 2) }} {{ 'ab'.replace('', '-') }} {{ 'ab'.replace('', '-', 2) }}", "bba -a-b- -a-b")]
    [InlineData("{{ {(1, (2, 3)): 'x'}[(1.0, (2, 3))] }}", "x")]
    public void Render_AtTheEndsOfWhatIsCounted_MeansWhatPythonMeans(string template, string expected) =>
        Assert.Equal(expected, new TextTemplate(template).Render(_item));

    [Theory]
    [InlineData("{{ choices | tojson(separators=(',', ':')) }}", """{"text":["no","yes"],"label":["A","B"]}""")]
    [InlineData("{{ ['a'] | tojson(indent=1) }}", "[\n \"a\"\n]")]
    public void Render_OfJsonInAChatTemplate_WritesItAsAsked(string template, string expected) =>
        Assert.Equal(expected, new TextTemplate(template, new TemplateOptions { WritesPlainJson = true }).Render(_item));

    [Fact]
    public void Format_OfShortParts_KeepsAZero() =>
        Assert.Equal("5 0 0 7", PythonMoment.Format(new DateTime(2026, 5, 7, 0, 0, 9), "%-m %-H %-M %-d"));

    [Fact]
    public void Evaluate_OfASingleExpression_KeepsItsKind()
    {
        Assert.Equal(["no", "yes"],
            Assert.IsType<IReadOnlyList<object?>>(new TextTemplate("{{choices.text}}").Evaluate(_item), exactMatch: false));
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
        MergeHostException exception = Assert.Throws<MergeHostException>(() => new TextTemplate(template).Evaluate(_item) is var value
            && value is string ? value : new TextTemplate(template).Render(_item));
        Assert.Equal(ErrorCodes.BadTaskData, exception.Code);
        Assert.Contains(message, exception.Message, StringComparison.Ordinal);
    }
}
