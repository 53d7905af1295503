using System.Globalization;

namespace MergeHost.Tests;

public sealed class ProblemTests
{
    private static readonly Problem _problem =
        new(ErrorCodes.ValueOutOfRange, "density is 1.5; it must be in (0, 1]", "Lower it.");

    [Fact]
    public void ToString_WithAPlace_IsTheCompilersForm() =>
        Assert.Equal(
            "recipes/a.yaml(12,16): error MH1004: density is 1.5; it must be in (0, 1]",
            (_problem with { Place = new TextPlace("recipes/a.yaml", 12, 16) }).ToString());

    [Fact]
    public void ToString_WithoutAPlace_BeginsWithTheSeverity()
    {
        Assert.Equal("error MH1004: density is 1.5; it must be in (0, 1]", _problem.ToString());
        Assert.Equal(
            "warning MH1004: density is 1.5; it must be in (0, 1]", (_problem with { Severity = Severity.Warning }).ToString());
    }

    [Fact]
    public void ToString_InACultureWithOtherDigits_PrintsPlainOnes()
    {
        CultureInfo before = CultureInfo.CurrentCulture;
        try
        {
            CultureInfo.CurrentCulture = new CultureInfo("") { NumberFormat = { NegativeSign = "~" } };
            Assert.Equal("a(-1200,3)", new TextPlace("a", -1200, 3).ToString());
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }
}
