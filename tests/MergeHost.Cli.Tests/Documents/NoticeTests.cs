using System.Xml.Linq;

namespace MergeHost.Cli.Tests.Documents;

public sealed class NoticeTests
{
    [Fact]
    public void Packages_ThatProgramsContain_AllHaveANotice()
    {
        string notices = Markdown.Read("THIRD-PARTY-NOTICES.md");
        IEnumerable<string> packages = XDocument.Parse(Markdown.Read("Directory.Packages.props")).Descendants("ItemGroup")
            .Where(group => group.Attribute("Label") is { Value: not "tests and checks" })
            .Elements("PackageVersion").Select(package => package.Attribute("Include")!.Value);
        Assert.All(packages, package =>
        {
            string family = package.Split('.', '-')[0];
            string[] names = [$"| {package} |", $"`{family}.*`", $"| {family} "];
            Assert.True(names.Any(name => notices.Contains(name, StringComparison.Ordinal)), $"{package} has no notice");
        });
    }
}
