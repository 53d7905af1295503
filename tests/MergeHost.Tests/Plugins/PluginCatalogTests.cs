using System.Runtime.InteropServices;
using MergeHost.Plugins;
using MergeHost.Plugins.Metadata;
using MergeHost.Scoring;
using MergeHost.Strategies;

namespace MergeHost.Tests.Plugins;

public sealed class PluginCatalogTests : IDisposable
{
    private const string Good = "good/1.2.0";
    private const string Odd = "odd/0.1.0-beta.1";
    private const string Rival = "rival/3.0.0";

    private readonly PluginFolder _folder = new();

    [Fact]
    public void Scan_WhenAPluginIsWhole_TellsAllOfItWithoutLoadingIt()
    {
        PluginCatalog catalog = _folder.Scan(Good);

        PluginInfo plugin = Assert.Single(catalog.Plugins);
        Assert.Empty(catalog.Problems);
        Assert.Equal("good", plugin.Id);
        Assert.Equal("1.2.0", plugin.Version.ToString());
        Assert.StartsWith("1.2.0", plugin.InformationalVersion, StringComparison.Ordinal);
        Assert.Equal("One well-behaved export of each kind.", plugin.Description);
        Assert.Equal(_folder.Root, plugin.Root);
        Assert.Equal(Path.Combine(_folder.Root, "good", "1.2.0", "Fixture.Good.xml"), plugin.DocPath);
        Assert.Equal(typeof(IMergeStrategy).Assembly.GetName().Version, plugin.ContractVersion);
        Assert.Equal(
            ["benchmark 'tensor_count'", "format 'lines'", "format 'plain'", "scorer 'relative_change'", "store 'mirror'",
                "strategy 'low_rank'"],
            plugin.Exports.Select(export => export.ToString()).Order(StringComparer.Ordinal));
        Assert.DoesNotContain(AppDomain.CurrentDomain.GetAssemblies(), assembly =>
            !assembly.IsDynamic && assembly.Location.StartsWith(_folder.Root, StringComparison.Ordinal));
    }

    [Fact]
    public void Exports_WhenAnAttributeSetsValues_HaveThem()
    {
        PluginCatalog catalog = _folder.Scan(Good);

        PluginExport strategy = Assert.Single(catalog.Exports(ExportKind.Strategy)).Export;
        Assert.Equal((BaseUse.Required, 1, 1), (strategy.Base, strategy.MinSources, strategy.MaxSources));
        PluginExport scorer = Assert.Single(catalog.Exports(ExportKind.Scorer)).Export;
        Assert.Equal((RestoreFirst.Lowest, ScoreComparability.Global), (scorer.RestoreFirst, scorer.Comparability));
        PluginExport[] formats = [.. catalog.Exports(ExportKind.Format).Select(format => format.Export)];
        Assert.Equal(["*.lines", "*.lines.txt"], formats[0].Files);
        Assert.Equal((formats[0].Files, 0), (formats[0].Markers, formats[0].Preference));
        Assert.Equal(["model.plain"], formats[1].Markers);
        Assert.Equal(-1, formats[1].Preference);
    }

    [Fact]
    public void Exports_WhenAnAttributeSetsNothing_HaveTheAttributesDefaults()
    {
        PluginExport strategy = Assert.Single(_folder.Scan(Rival).Exports(ExportKind.Strategy)).Export;

        Assert.Equal((BaseUse.None, 1, int.MaxValue), (strategy.Base, strategy.MinSources, strategy.MaxSources));
        Assert.Empty(strategy.Files);
    }

    [Theory]
    [InlineData("empty", "is empty")]
    [InlineData("truncated", "damaged or cut short")]
    [InlineData("native", "native library")]
    [InlineData("text", "not a .NET assembly")]
    [InlineData("no assembly", "is not there")]
    [InlineData("no deps", "holds no .deps.json")]
    [InlineData("two deps", "'Second.deps.json'")]
    [InlineData("no plugin", "not marked as a plugin")]
    public void Scan_WhenAPluginIsBroken_NamesItsPathAndGoesOn(string defect, string reason)
    {
        string folder = _folder.Add(Rival);
        Break(defect, Path.Combine(folder, "Fixture.Rival.dll"));

        PluginCatalog catalog = _folder.Scan(Good);

        Problem problem = Assert.Single(catalog.Problems);
        Assert.Equal(ErrorCodes.PluginUnreadable, problem.Code);
        Assert.StartsWith(folder, problem.Message, StringComparison.Ordinal);
        Assert.Contains(reason, problem.Message, StringComparison.Ordinal);
        Assert.Equal("good", Assert.Single(catalog.Plugins).Id);
    }

    [Fact]
    public void Scan_WhenAFolderHoldsNothing_NamesIt()
    {
        string folder = Directory.CreateDirectory(Path.Combine(_folder.Root, "hollow")).FullName;

        Problem problem = Assert.Single(_folder.Scan(Good).Problems);

        Assert.Equal(ErrorCodes.PluginUnreadable, problem.Code);
        Assert.Contains(folder, problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Scan_WhenAnyByteIsDamaged_NeverThrows()
    {
        string folder = _folder.Add(Good);
        string assembly = Path.Combine(folder, "Fixture.Good.dll");
        byte[] whole = File.ReadAllBytes(assembly);
        Random random = new(1);
        int read = 0;
        for (int i = 0; i < 300; i++)
        {
            byte[] damaged = [.. whole];
            for (int k = 0; k < 1 + (i % 20); k++)
            {
                damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
            }

            File.WriteAllBytes(assembly, damaged);
            PluginCatalog catalog = PluginCatalog.Scan([_folder.Root]);
            int unusable = catalog.Problems.Count(problem => problem.Code != ErrorCodes.PluginDuplicate);
            Assert.Equal(1, catalog.Plugins.Count + unusable);
            read += catalog.Plugins.Count;
        }

        Assert.InRange(read, 1, 299);
    }

    [Theory]
    [InlineData(0, 9)]
    [InlineData(1, 0)]
    public void Scan_WhenAPluginWasBuiltForNewerContracts_NamesBothVersionsAndLeavesItOut(int major, int minor)
    {
        string folder = _folder.Add(Rival);
        string assembly = Path.Combine(folder, "Fixture.Rival.dll");
        PluginFolder.Rereference(assembly, SharedAssemblies.Contracts, new Version(major, minor));

        PluginCatalog catalog = _folder.Scan(Good);

        Problem problem = Assert.Single(catalog.Problems);
        Assert.Equal(ErrorCodes.PluginContract, problem.Code);
        string here = SharedAssemblies.ContractVersion.ToString(2);
        Assert.EndsWith($"'rival' 3.0.0 was built for contracts {major}.{minor}, this host has {here}", problem.Message,
            StringComparison.Ordinal);
        Assert.Contains("Update MergeHost", problem.Hint, StringComparison.Ordinal);
        Assert.Equal("good", Assert.Single(catalog.Plugins).Id);
        Assert.Equal("rival", Assert.Single(catalog.Incompatible).Plugin.Id);
    }

    [Theory]
    [InlineData("0.1", "0.1", true)]
    [InlineData("0.1", "0.2", false)]
    [InlineData("0.1", "0.0", false)]
    [InlineData("0.1", "1.1", false)]
    [InlineData("1.1", "1.1", true)]
    [InlineData("1.1", "1.2", true)]
    [InlineData("1.1", "1.0", false)]
    [InlineData("1.1", "2.1", false)]
    public void Scan_ForContractsOfAVersion_TakesEqualMinorsUntil1_AndNoHigherMinorFromThenOn(string built, string contracts, bool isTaken)
    {
        string folder = _folder.Add(Good);
        PluginFolder.Rereference(Path.Combine(folder, "Fixture.Good.dll"), SharedAssemblies.Contracts, Version.Parse(built));

        PluginCatalog catalog = PluginCatalog.Scan([_folder.Root], Version.Parse(contracts));

        Assert.Equal(isTaken, catalog.Plugins.Count == 1);
        Assert.Equal(!isTaken, catalog.Problems.Any(problem => problem.Code == ErrorCodes.PluginContract));
    }

    [Fact]
    public void Scan_WhenOneRootHoldsAVersionTwice_NamesBothFolders()
    {
        string first = _folder.Add(Good, "a/1.2.0");
        string second = _folder.Add(Good, "b/1.2.0");

        PluginCatalog catalog = _folder.Scan();

        Problem problem = Assert.Single(catalog.Problems);
        Assert.Equal(ErrorCodes.PluginDuplicate, problem.Code);
        Assert.Contains("'good' 1.2.0", problem.Message, StringComparison.Ordinal);
        Assert.Contains(first, problem.Message, StringComparison.Ordinal);
        Assert.Contains(second, problem.Message, StringComparison.Ordinal);
        Assert.Equal(first, Assert.Single(catalog.Plugins).Folder);
    }

    [Fact]
    public void Scan_WhenALaterRootHoldsAVersionToo_TheEarlierRootWinsWithoutAWord()
    {
        using PluginFolder later = new();
        later.Add(Good);
        string first = _folder.Add(Good);

        PluginCatalog catalog = PluginCatalog.Scan([_folder.Root, later.Root]);

        Assert.Empty(catalog.Problems);
        Assert.Equal(first, Assert.Single(catalog.Plugins).Folder);
    }

    [Fact]
    public void Resolve_WhenALaterRootHoldsAVersionWithOtherBytes_NamesBothFolders()
    {
        using PluginFolder later = new();
        string first = _folder.Add(Good);
        string second = later.Add(Good);
        File.AppendAllText(Path.Combine(second, "Fixture.Good.dll"), "more");

        PluginCatalog catalog = PluginCatalog.Scan([_folder.Root, later.Root]);

        Assert.False(new PluginSet(catalog).TryResolve(ExportKind.Strategy, "low_rank", out _, out Problem? problem));
        Assert.Equal((ErrorCodes.PluginDuplicate, Severity.Error), (problem.Code, problem.Severity));
        Assert.Contains($"'{first}'", problem.Message, StringComparison.Ordinal);
        Assert.Contains($"'{second}'", problem.Message, StringComparison.Ordinal);
        Assert.Equal(problem, Assert.Single(catalog.Problems));
        Assert.Equal(problem, Assert.Single(new PluginSet(catalog).Problems));
    }

    [Fact]
    public void Resolve_WhenOnlyDocumentationDiffers_TakesTheFirst()
    {
        using PluginFolder later = new();
        _folder.Add(Good);
        File.AppendAllText(Path.Combine(later.Add(Good), "Fixture.Good.xml"), " ");

        Assert.Empty(new PluginSet(PluginCatalog.Scan([_folder.Root, later.Root])).Problems);
    }

    [Fact]
    public void Shadowing_WhenAnotherRootExportsWhatABundledPluginDoes_NamesBoth()
    {
        using PluginFolder first = new();
        string folder = first.Add(Rival);
        _folder.Add(Good);

        PluginCatalog catalog = PluginCatalog.Scan([first.Root, _folder.Root]);

        Problem problem = Assert.Single(catalog.Shadowing([_folder.Root]));
        Assert.Equal((ErrorCodes.PluginDuplicate, Severity.Warning), (problem.Code, problem.Severity));
        Assert.Equal($"strategy 'low_rank' is that of plugin 'rival' 3.0.0 in '{folder}', not of 'good' 1.2.0, which comes with MergeHost",
            problem.Message);
        Assert.Empty(catalog.Shadowing([first.Root]));
        Assert.Empty(catalog.Shadowing([first.Root, _folder.Root]));
    }

    [Fact]
    public void Scan_WhenTheEarlierRootsCopyIsBroken_TheLaterRootsCopyIsUsed()
    {
        using PluginFolder later = new();
        string second = later.Add(Good);
        File.WriteAllBytes(Path.Combine(_folder.Add(Good), "Fixture.Good.dll"), []);

        PluginCatalog catalog = PluginCatalog.Scan([_folder.Root, later.Root]);

        Assert.Equal(second, Assert.Single(catalog.Plugins).Folder);
        Assert.Equal(ErrorCodes.PluginUnreadable, Assert.Single(catalog.Problems).Code);
    }

    [Fact]
    public void Scan_WhenTwoPluginsExportOneId_NamesBothAndTheFirstIdWins()
    {
        PluginCatalog catalog = _folder.Scan(Good, Rival);

        Problem problem = Assert.Single(catalog.Problems);
        Assert.Equal((ErrorCodes.PluginDuplicate, Severity.Warning), (problem.Code, problem.Severity));
        Assert.StartsWith("strategy 'low_rank' is in the plugins 'good' 1.2.0 and 'rival' 3.0.0", problem.Message,
            StringComparison.Ordinal);
        Assert.Equal("good", Assert.Single(catalog.Exports(ExportKind.Strategy)).Plugin.Id);
    }

    [Fact]
    public void Scan_WhenTwoPluginsExportOneId_TheFirstRootWinsOverTheFirstId()
    {
        using PluginFolder first = new();
        first.Add(Rival);
        _folder.Add(Good);

        PluginCatalog catalog = PluginCatalog.Scan([first.Root, _folder.Root]);

        Assert.Equal("rival", Assert.Single(catalog.Exports(ExportKind.Strategy)).Plugin.Id);
    }

    [Fact]
    public void Scan_WhenAPluginExportsOneIdTwice_NamesItAndKeepsItsOtherExports()
    {
        PluginCatalog catalog = _folder.Scan(Odd);

        Problem problem = Assert.Single(catalog.Problems);
        Assert.Equal(ErrorCodes.PluginDuplicate, problem.Code);
        Assert.Contains("'odd' 0.1.0-beta.1 exports benchmark 'twin' 2 times", problem.Message, StringComparison.Ordinal);
        Assert.Equal("odd_benchmark", Assert.Single(catalog.Exports(ExportKind.Benchmark)).Export.Id);
        Assert.Contains(catalog.Exports(ExportKind.Strategy), installed => installed.Export.Id == "logging");
    }

    [Fact]
    public void Plugins_OfOneId_AreInOrderFromTheHighestVersion()
    {
        PluginCatalog catalog = _folder.Scan("versions/1.0.0", "versions/2.0.0", Good);

        Assert.Equal(
            ["'good' 1.2.0", "'versions' 2.0.0", "'versions' 1.0.0"],
            catalog.Plugins.Select(plugin => plugin.ToString()));
    }

    [Fact]
    public void Scan_WhenAnInstallationIsUnderWay_OverlooksIt()
    {
        _folder.Add(Good, ".staging/1.2.0");
        _folder.Add(Rival, "rival/.staging");

        PluginCatalog catalog = _folder.Scan(Odd);

        Assert.Equal("odd", Assert.Single(catalog.Plugins).Id);
    }

    [Fact]
    public void Scan_WhenTheRootIsItselfAPluginsFolder_FindsThePlugin()
    {
        string folder = _folder.Add(Good);

        Assert.Equal(folder, Assert.Single(PluginCatalog.Scan([folder]).Plugins).Folder);
    }

    public void Dispose() => _folder.Dispose();

    private static void Break(string defect, string assembly)
    {
        string deps = Path.ChangeExtension(assembly, ".deps.json");
        switch (defect)
        {
            case "empty":
                File.WriteAllBytes(assembly, []);
                break;
            case "truncated":
                File.WriteAllBytes(assembly, File.ReadAllBytes(assembly)[..2000]);
                break;
            case "native":
                string runtime = RuntimeEnvironment.GetRuntimeDirectory();
                File.Copy(Directory.GetFiles(runtime, "*System.IO.Compression.Native.*")[0], assembly, overwrite: true);
                break;
            case "text":
                File.WriteAllText(assembly, "<!doctype html>");
                break;
            case "no assembly":
                File.Delete(assembly);
                break;
            case "no deps":
                File.Delete(deps);
                break;
            case "two deps":
                File.Copy(deps, Path.Combine(Path.GetDirectoryName(deps)!, "Second.deps.json"));
                break;
            default:
                File.Copy(Path.Combine(PluginFolder.Fixtures, "versions/1.0.0/Fixture.PrivLib.dll"), assembly, overwrite: true);
                break;
        }
    }
}
