using MergeHost.Storage.Text;

namespace MergeHost.Storage.Tests.Text;

public sealed class YamlLoaderTests
{
    public static TheoryData<string, string, string> Refused => new()
    {
        { "nesting", "models: " + new string('[', 40_000), "MH1001" },
        { "nested mappings", string.Concat(Enumerable.Repeat("{a: ", 40_000)), "MH1001" },
        { "nested keys", string.Concat(Enumerable.Repeat("? ", 40_000)), "MH1001" },
        { "nested lines", string.Concat(Enumerable.Range(0, 400).Select(depth => new string(' ', depth) + "a:\n")), "MH1001" },
        { "an alias of nothing", "a: *nope", "MH1015" },
        { "an alias of itself", "a: &a [*a]", "MH1015" },
        { "many aliases",
            string.Join('\n',
                Enumerable.Range(0, 12)
                    .Select(n => n == 0
                        ? "a0: &a0 [x, x, x, x]"
                        : $"a{n}: &a{n} [{string.Join(", ", Enumerable.Repeat($"*a{n - 1}", 10))}]")), "MH1015" },
        { "a tag", "a: !!python/object:os.system x", "MH1001" },
        { "a list as key", "? [a, b]\n: c", "MH1005" },
        { "a list that is never closed", "a: [", "MH1001" },
        { "a text that is never closed", "a: \"b", "MH1001" },
        { "NUL", "a: \"b\\0c\"", "MH1001" },
        { "a long text", "a: " + new string('x', 2_000_000), "MH1001" },
        { "a tab", "a:\n\tb: c", "MH1001" },
        { "a stray bracket", "]", "MH1001" },
        { "directives", "%YAML 9.9\n%TAG ! tag:x\n--- !x", "MH1001" },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public void Load_OfWhatMakesYamlDangerous_NamesIt(string what, string text, string code)
    {
        List<Problem> problems = [];
        YamlLoader.Load("x.yaml", text, problems);
        Assert.True(problems.Exists(problem => problem.Code.Id == code), what);
        Assert.All(problems, problem => Assert.InRange(problem.Message.Length, 5, 400));
        Assert.All(problems, problem => Assert.True(problem.Place is { Line: >= 1 }, what));
    }

    [Fact]
    public void Load_OfTags_KeepsThemForAReaderOfThem()
    {
        List<Problem> problems = [];
        YamlMapping mapping =
            Assert.IsType<YamlMapping>(Assert.Single(YamlLoader.Load("x.yaml",
                "a: !function utils.make\nb: !!str 1\nc: &c !x [1]\nd: *c\ne: 1", problems, keepsTags: true)));
        Assert.Empty(problems);
        Assert.Equal(["!function", "tag:yaml.org,2002:str", "!x", "!x", null], mapping.Entries.Select(entry => entry.Value.Tag));
    }

    // PyYAML 6.0.3 gives the same keys in the same order.
    [Fact]
    public void Load_OfMergedMappings_OrdersAndChoosesAsPythonDoes()
    {
        List<Problem> problems = [];
        YamlMapping mapping =
            Assert.IsType<YamlMapping>(Assert.Single(YamlLoader.Load("x.yaml", "{z: 1, <<: [{a: 2, b: 3}, {b: 4, c: 5}], c: 6}",
                problems)));
        Assert.Empty(problems);
        Assert.Equal(["b=3", "c=6", "a=2", "z=1"], mapping.Entries.Select(entry => $"{entry.Key.Text}={((YamlScalar)entry.Value).Text}"));
    }

    [Fact]
    public void Load_OfManyKeys_TakesTheirTimeOnce()
    {
        List<Problem> problems = [];
        YamlMapping mapping =
            Assert.IsType<YamlMapping>(Assert.Single(YamlLoader.Load("x.yaml",
                string.Concat(Enumerable.Range(0, 49_000).Select(n => $"k{n}: 1\n")), problems)));
        Assert.Empty(problems);
        Assert.Equal(49_000, mapping.Entries.Count);
    }
}
