using MergeHost.Options;

namespace MergeHost.Tests.Options;

public sealed class OptionsSchemaTests
{
    private readonly OptionsSchema _schema = new(typeof(SampleOptions));

    [Fact]
    public void Options_OfARecord_AreItsPublicPropertiesInSnakeCaseAsDeclared() =>
        Assert.Equal(
            ["weight", "density", "t", "lambda", "select_top_k", "int8_mask", "rescale_by", "scale", "task_file"],
            _schema.Options.Select(option => option.Name));

    [Fact]
    public void Options_TellWhatDiffersBySourceAndWhatIsRequired()
    {
        Assert.Equal(
            ["weight", "density", "scale"], _schema.Options.Where(option => option.IsPerSource).Select(option => option.Name));
        Assert.Equal(["weight", "t"], _schema.Options.Where(option => option.IsRequired).Select(option => option.Name));
        Assert.Equal(
            ["weight", "density", "t", "lambda", "scale"],
            _schema.Options.Where(option => option.IsContinuous).Select(option => option.Name));
    }

    [Fact]
    public void Create_WithValues_SetsThemAndLeavesTheOthersAtTheirDefaults()
    {
        SampleOptions options = (SampleOptions)_schema.Create(
            option => option.Name switch { "weight" => 2.0, "int8_mask" => false, _ => null });
        Assert.Equal(new SampleOptions { Weight = 2, T = 0, Int8Mask = false }, options);
    }

    [Fact]
    public void Schema_OfATypeWithoutAPlainConstructor_IsRefused() =>
        Assert.Throws<MissingMethodException>(() => new OptionsSchema(typeof(Problem)));
}
