using MergeHost.Plugins;
using MergeHost.Plugins.Metadata;
using MergeHost.Strategies;

namespace MergeHost.Tests.Plugins;

public sealed class OptionDocsTests : IDisposable
{
    private readonly PluginFolder _folder = new();

    [Fact]
    public void Summary_OfAnOptionAndItsType_IsPlainText()
    {
        PluginInfo plugin = Assert.Single(_folder.Scan("good/1.2.0").Plugins);
        using PluginHost host = new(PluginFolder.NoServices);
        PluginExport export = plugin.Exports.Single(export => export.Kind == ExportKind.Strategy);
        Type options = host.Create<IMergeStrategy>(new InstalledExport(plugin, export)).OptionsType;

        OptionDocs docs = OptionDocs.Read(plugin);

        Assert.Equal("Parameters of low_rank, see LowRankStrategy.", docs.Summary(options));
        Assert.Equal("How many singular directions of the task vector stay, never more than Decompose finds; 1 by default.",
            docs.Summary(options.GetProperty("Rank")!));
        Assert.Null(docs.Summary(typeof(string)));
    }

    [Theory]
    [InlineData("""At most <see langword="null"/> of <paramref name="a"/>, <typeparamref name="T"/>.""", "At most null of a, T.")]
    [InlineData("<para>One.</para><para>Two,\n   three.</para>", "One. Two, three.")]
    [InlineData("""See <see href="https://arxiv.org/abs/2212.04089">the paper</see>.""", "See the paper.")]
    [InlineData("""See <see href="https://arxiv.org/abs/2212.04089"/>.""", "See https://arxiv.org/abs/2212.04089.")]
    [InlineData("""<see cref="T:Some.List`1"/>, <see cref="M:Some.Type.Call``1(System.Int32,System.String)"/>""", "List, Call")]
    [InlineData("""<c>a &lt; b</c>""", "a < b")]
    public void Summary_WithTags_HasWhatTheyStandFor(string summary, string plain)
    {
        PluginInfo plugin = Assert.Single(_folder.Scan("good/1.2.0").Plugins);
        File.WriteAllText(plugin.DocPath!,
            $"""<doc><members><member name="T:System.Int32"><summary>{summary}</summary></member></members></doc>""");

        Assert.Equal(plain, OptionDocs.Read(plugin).Summary(typeof(int)));
    }

    [Fact]
    public void Summary_WhenTheFileIsMissingOrBroken_IsMissing()
    {
        PluginInfo plugin = Assert.Single(_folder.Scan("good/1.2.0").Plugins);
        File.WriteAllText(plugin.DocPath!, "<doc><mem");

        Assert.Null(OptionDocs.Read(plugin).Summary(typeof(int)));
        Assert.Null(OptionDocs.Read(plugin with { DocPath = null }).Summary(typeof(int)));
    }

    public void Dispose() => _folder.Dispose();
}
