using MergeHost.Packages;

namespace MergeHost.Tests.Packages;

public sealed class PackageNameTests
{
    [Theory]
    [InlineData("plugin/Acme.dll")]
    [InlineData("plugin/runtimes/linux-x64/native/lib.so")]
    [InlineData("[Content_Types].xml")]
    [InlineData("_rels/.rels")]
    [InlineData("COM.dll")]
    public void Fault_OfANameThatIsAPathAnywhere_IsNone(string name) => Assert.Null(PackageName.Fault(name));

    [Theory]
    [InlineData("")]
    [InlineData("..")]
    [InlineData("plugin/../../x")]
    [InlineData("plugin/./x")]
    [InlineData("plugin//x")]
    [InlineData("/etc/x")]
    [InlineData("C:/x")]
    [InlineData("plugin\\x")]
    [InlineData("..\\x")]
    [InlineData("plugin/x:stream")]
    [InlineData("plugin/nul")]
    [InlineData("plugin/Com1.txt")]
    [InlineData("plugin/x.")]
    [InlineData("plugin/x ")]
    [InlineData("plugin/x\n")]
    [InlineData("plugin/a*b")]
    [InlineData("plugin/\0")]
    public void Fault_OfANameThatIsNone_IsTold(string name) => Assert.NotNull(PackageName.Fault(name));

    [Fact]
    public void Fault_OfALongName_IsTold() => Assert.NotNull(PackageName.Fault(new string('a', 300)));

    [Theory]
    [InlineData("a/x", "a/X")]
    [InlineData("a/x", "a/x")]
    [InlineData("a", "a/x")]
    [InlineData("a/x", "a")]
    [InlineData("a/x", "A/y")]
    [InlineData("É", "é")]
    public void Collision_OfNamesThatAreOneSomewhere_IsTold(string first, string second) =>
        Assert.NotNull(PackageName.Collision([first, second]));

    [Fact]
    public void Collision_OfNamesThatDiffer_IsNone() => Assert.Null(PackageName.Collision(["a/x", "a/y", "b/x", "a/c/x", "ab"]));
}
