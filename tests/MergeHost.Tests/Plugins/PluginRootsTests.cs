using MergeHost.Plugins;

namespace MergeHost.Tests.Plugins;

public sealed class PluginRootsTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("mergehost-roots-").FullName;
    private readonly Dictionary<string, string?> _environment = [];

    public PluginRootsTests()
    {
        _environment[PluginRoots.HomeVariable] = Path.Combine(_folder, "home");
    }

    [Fact]
    public void Find_WhenEveryPlaceExists_OrdersThemFromTheMostToTheLeastExplicit()
    {
        string[] expected =
        [
            Make("explicit"), Make("first"), Make("second"), Make("pointed"), Make("app/plugins"), Make("home/plugins"),
        ];
        _environment[PluginRoots.PathVariable] = string.Join(Path.PathSeparator, expected[1], expected[2]);
        File.WriteAllText(Path.Combine(_folder, "app", PluginRoots.PointerFile), "../pointed\n");

        Assert.Equal(expected, Find(expected[0] + Path.DirectorySeparatorChar));
    }

    [Fact]
    public void Find_WhenAPlaceIsMissingOrNamedTwice_ListsEachFolderThatExistsOnce()
    {
        string home = Make("home/plugins");
        _environment[PluginRoots.PathVariable] = string.Join(Path.PathSeparator, home, "", Path.Combine(_folder, "nowhere"));

        Assert.Equal([home], Find(null));
    }

    [Fact]
    public void Find_WhenTheExplicitFolderIsMissing_NamesIt()
    {
        MergeHostException exception = Assert.Throws<MergeHostException>(() => Find(Path.Combine(_folder, "nowhere")));

        Assert.Equal(ErrorCodes.PluginUnreadable, exception.Code);
        Assert.Contains(Path.Combine(_folder, "nowhere"), exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Home_WhenTheVariableIsNotSet_LiesInTheUsersFolder()
    {
        string user = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);

        Assert.Equal(Path.Combine(user, ".mergehost", "plugins"), PluginRoots.Home(_ => null));
    }

    // What a stranger's folder holds must not run because the program is started in it.
    [Theory]
    [InlineData(PluginRoots.PathVariable, "plugins")]
    [InlineData(PluginRoots.PathVariable, "./.mergehost")]
    [InlineData(PluginRoots.HomeVariable, ".mergehost")]
    public void Find_WhenAVariableNamesARelativePath_IsRefused(string variable, string path)
    {
        _environment[variable] = path;
        MergeHostException exception = Assert.Throws<MergeHostException>(() => Find(null));
        Assert.Equal(ErrorCodes.PluginUnreadable, exception.Code);
        Assert.Contains(variable, exception.Message, StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private IReadOnlyList<string> Find(string? explicitPath) =>
        PluginRoots.Find(explicitPath, Path.Combine(_folder, "app"), _environment.GetValueOrDefault);

    private string Make(string folder) => Directory.CreateDirectory(Path.Combine(_folder, folder)).FullName;
}
