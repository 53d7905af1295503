namespace MergeHost.Cli.Tests;

/// <summary>What the build targets of the contracts' package do to a plugin's project.</summary>
[Collection(Workshop.Name)]
public sealed class PluginBuildTests(Workshop workshop)
{
    private const string Strategy = """
        namespace Acme;

        /// <summary>The base as it is.</summary>
        [MergeStrategy("acme_base", Base = BaseUse.Required)]
        public sealed class BaseStrategy : IMergeStrategy<BaseOptions>
        {
            public Treatment Merge(TensorGroup<BaseOptions> group) => Treatment.CopyBase();
        }

        public sealed record BaseOptions;
        """;

    [Theory]
    [InlineData("../..")]
    [InlineData("Bad Id")]
    public void Build_OfAnIdThatIsNone_FailsBeforeAnythingIsDeleted(string id)
    {
        string folder = Project("bad" + id.Length, id, "1.0.0");
        Assert.Contains("error MH0003: MergeHostPluginId is '", Workshop.Dotnet(folder, "build"), StringComparison.Ordinal);
        Assert.True(File.Exists(Path.Combine(folder, "BaseStrategy.cs")));
        Assert.False(Directory.Exists(Path.Combine(folder, "bin", "plugins")));
    }

    [Fact]
    public void Build_OfAnotherVersion_ReplacesTheFirst_AndTakesSymbolsAndDocsAlong()
    {
        string folder = Project("next", "next", "1.0.0");
        Assert.Equal("", Workshop.Dotnet(folder, "build"));
        string staged = Path.Combine(folder, "bin/plugins/next/1.0.0");
        Assert.Equal(["Acme.deps.json", "Acme.dll", "Acme.pdb", "Acme.xml"],
            Directory.EnumerateFiles(staged).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        File.WriteAllText(Path.Combine(staged, "Gone.dll"), "of a dependency that is no more");

        Assert.Equal("", Workshop.Dotnet(folder, "build"));
        Assert.False(File.Exists(Path.Combine(staged, "Gone.dll")));
        Assert.Equal("", Workshop.Dotnet(folder, "build", "-p:Version=1.1.0"));
        Assert.Equal(["1.1.0"], Directory.EnumerateDirectories(Path.Combine(folder, "bin/plugins/next")).Select(Path.GetFileName));
    }

    [Fact]
    public void Build_IntoAFolderThatTheProjectNames_KeepsOtherVersions()
    {
        string folder = Project("named", "named", "1.0.0");
        Assert.Equal("", Workshop.Dotnet(folder, "build", "-p:MergeHostPluginsDir=" + folder + "/installed"));
        Assert.Equal("", Workshop.Dotnet(folder, "build", "-p:MergeHostPluginsDir=" + folder + "/installed", "-p:Version=1.1.0"));
        Assert.Equal(["1.0.0", "1.1.0"],
            Directory.EnumerateDirectories(Path.Combine(folder, "installed/named")).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Restore_ForAnOlderFramework_SaysThatThePackageDoesNotFit() =>
        Assert.Contains("NU1202", Workshop.Dotnet(Project("older", "older", "1.0.0", "net9.0"), "restore"), StringComparison.Ordinal);

    private string Project(string name, string id, string version, string framework = "net10.0")
    {
        string folder = workshop[name];
        File.WriteAllText(Path.Combine(folder, "BaseStrategy.cs"), Strategy);
        File.WriteAllText(Path.Combine(folder, "Acme.csproj"), $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <TargetFramework>{framework}</TargetFramework>
                <ImplicitUsings>enable</ImplicitUsings>
                <MergeHostPluginId>{id}</MergeHostPluginId>
                <Version>{version}</Version>
              </PropertyGroup>
              <ItemGroup>
                <PackageReference Include="MergeHost.Abstractions" Version="0.1.*" />
              </ItemGroup>
            </Project>
            """);
        return folder;
    }
}
