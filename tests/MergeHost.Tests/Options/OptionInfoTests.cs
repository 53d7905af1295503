using MergeHost.Options;
using MergeHost.Storage.Text;

namespace MergeHost.Tests.Options;

public sealed class OptionInfoTests
{
    private static readonly TextPlace _place = new("recipe.yaml", 7, 9);

    [Theory]
    [InlineData("lambda", "0", 0.0)]
    [InlineData("lambda", "-0.5", -0.5)]
    [InlineData("lambda", "+0.5", 0.5)]
    [InlineData("lambda", ".5", 0.5)]
    [InlineData("lambda", "0.", 0.0)]
    [InlineData("lambda", "5e-1", 0.5)]
    [InlineData("lambda", "1E-2", 0.01)]
    [InlineData("weight", "-1e300", -1e300)]
    [InlineData("weight", "10", 10.0)]
    [InlineData("weight", "100.25", 100.25)]
    [InlineData("scale", "2", 2.0)]
    [InlineData("select_top_k", "10", 10)]
    [InlineData("select_top_k", "3.0", 3)]
    [InlineData("select_top_k", "1e1", 10)]
    [InlineData("int8_mask", "true", true)]
    [InlineData("int8_mask", "True", true)]
    [InlineData("int8_mask", "yes", true)]
    [InlineData("int8_mask", "ON", true)]
    [InlineData("int8_mask", "1", true)]
    [InlineData("int8_mask", "1.0", true)]
    [InlineData("int8_mask", "false", false)]
    [InlineData("int8_mask", "No", false)]
    [InlineData("int8_mask", "off", false)]
    [InlineData("int8_mask", "0", false)]
    [InlineData("int8_mask", "0.0", false)]
    [InlineData("rescale_by", "l1_norm", SampleKind.L1Norm)]
    [InlineData("rescale_by", "plain_sum", SampleKind.PlainSum)]
    [InlineData("task_file", "a b.json", "a b.json")]
    [InlineData("task_file", "1", "1")]
    public void Parse_OfAValueOfTheType_ReadsIt(string option, string text, object expected) =>
        Assert.Equal((expected, null), Parse(option, text));

    [Theory]
    [InlineData("weight", "")]
    [InlineData("weight", "heavy")]
    [InlineData("weight", "nan")]
    [InlineData("weight", ".nan")]
    [InlineData("weight", "NaN")]
    [InlineData("weight", "inf")]
    [InlineData("weight", "-.inf")]
    [InlineData("weight", "Infinity")]
    [InlineData("weight", "1e400")]
    [InlineData("weight", "-1e400")]
    [InlineData("weight", "017")]
    [InlineData("weight", "-017.5")]
    [InlineData("weight", "00")]
    [InlineData("weight", "1_000")]
    [InlineData("weight", "1,5")]
    [InlineData("weight", "0x10")]
    [InlineData("weight", "0o17")]
    [InlineData("weight", " 1")]
    [InlineData("weight", "1 ")]
    [InlineData("weight", "(1)")]
    [InlineData("weight", "50%")]
    [InlineData("weight", "true")]
    [InlineData("weight", "--1")]
    [InlineData("select_top_k", "2.5")]
    [InlineData("select_top_k", "1e10")]
    [InlineData("select_top_k", "many")]
    [InlineData("int8_mask", "2")]
    [InlineData("int8_mask", "y")]
    [InlineData("int8_mask", "")]
    [InlineData("rescale_by", "L1Norm")]
    [InlineData("rescale_by", "0")]
    public void Parse_OfAnythingElse_NamesOptionAndText(string option, string text)
    {
        (object? value, Problem? problem) = Parse(option, text);
        Assert.Null(value);
        Assert.Equal((ErrorCodes.WrongType, _place), (problem!.Code, problem.Place));
        Assert.StartsWith(
            $"{option} is {(text.Length == 0 ? "nothing" : $"'{text}'")}; it must be ", problem.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("weight", "it must be a number")]
    [InlineData("select_top_k", "it must be a whole number")]
    [InlineData("int8_mask", "it must be true or false")]
    [InlineData("rescale_by", "it must be l1_norm or plain_sum")]
    public void Parse_OfAnotherType_SaysWhichItMustBe(string option, string expected) =>
        Assert.EndsWith(expected, Parse(option, "?").Problem!.Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("density", "0", "(0, 1]")]
    [InlineData("density", "1.0000001", "(0, 1]")]
    [InlineData("density", "-0.0", "(0, 1]")]
    [InlineData("density", "30", "(0, 1]")]
    [InlineData("t", "-1e-9", "[0, 1]")]
    [InlineData("t", "1.5", "[0, 1]")]
    [InlineData("lambda", "1", "[-1, 1)")]
    [InlineData("lambda", "1.4", "[-1, 1)")]
    [InlineData("lambda", "-1.4", "[-1, 1)")]
    [InlineData("select_top_k", "0", "[1, 10]")]
    [InlineData("select_top_k", "11", "[1, 10]")]
    public void Parse_OfAValueOutsideItsRange_PrintsValueAndRange(string option, string text, string range)
    {
        (object? value, Problem? problem) = Parse(option, text);
        Assert.Null(value);
        Assert.Equal((ErrorCodes.ValueOutOfRange, _place), (problem!.Code, problem.Place));
        Assert.Equal($"{option} is {text}; it must be in {range}", problem.Message);
    }

    [Theory]
    [InlineData("density", "1e-300")]
    [InlineData("density", "1")]
    [InlineData("t", "0")]
    [InlineData("t", "1")]
    [InlineData("lambda", "-1")]
    [InlineData("lambda", "0.9999999")]
    [InlineData("select_top_k", "1")]
    [InlineData("select_top_k", "10")]
    public void Parse_OfAnEndThatBelongsToTheRange_TakesIt(string option, string text) =>
        Assert.Null(Parse(option, text).Problem);

    [Fact]
    public void Parse_OfAMisspeltWord_SuggestsTheRightOne() =>
        Assert.Equal("did you mean 'plain_sum'?", Parse("rescale_by", "plainsum").Problem!.Hint);

    [Fact]
    public void Default_IsThatOfTheInitialiser_AndNothingForWhatIsRequired() =>
        Assert.Equal(
            [null, 0.5, null, 0.25, 3, true, SampleKind.PlainSum, null, null],
            new OptionsSchema(typeof(SampleOptions)).Options.Select(option => option.Default));

    [Theory]
    [InlineData(0.1, "0.1")]
    [InlineData(3, "3")]
    [InlineData(true, "true")]
    [InlineData(SampleKind.L1Norm, "l1_norm")]
    [InlineData(null, "none")]
    public void Format_OfAValue_IsWhatARecipeWouldSay(object? value, string text) => Assert.Equal(text, OptionInfo.Format(value));

    private static (object? Value, Problem? Problem) Parse(string option, string text) =>
        new OptionsSchema(typeof(SampleOptions)).Options.Single(candidate => candidate.Name == option)
            .Parse(new YamlScalar(text, true, _place));
}
