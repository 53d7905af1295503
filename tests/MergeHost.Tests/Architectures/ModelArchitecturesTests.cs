using System.Reflection;
using MergeHost.Architectures;
using MergeHost.Plugins;
using MergeHost.Tests.Plugins;

namespace MergeHost.Tests.Architectures;

public sealed class ModelArchitecturesTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("mergehost-families-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("LlamaForCausalLM", "llama")]
    [InlineData("MistralForCausalLM", "llama")]
    [InlineData("MixtralForCausalLM", "llama")]
    [InlineData("Qwen2MoeForCausalLM", "qwen2moe")]
    [InlineData("Gemma2ForCausalLM", "gemma2")]
    [InlineData("Phi3ForCausalLM", "phi3")]
    public void OfClass_OfAKnownClass_HasGgufsName(string hub, string gguf) => Assert.Equal(gguf, ModelArchitectures.OfClass(hub)?.Name);

    // llama.cpp's keys: a file of this name with experts is a Mixtral.
    [Theory]
    [InlineData(null, "LlamaForCausalLM")]
    [InlineData(0L, "LlamaForCausalLM")]
    [InlineData(8L, "MixtralForCausalLM")]
    public void OfGguf_WhenFamiliesShareAName_TellsThemByAKey(long? experts, string hub) =>
        Assert.Equal(hub, ModelArchitectures.OfGguf("llama", key => key == "llama.expert_count" ? experts : null)?.Hub[0]);

    [Fact]
    public void Find_OfAStackedTensor_TellsLayerAndExpert()
    {
        ModelArchitecture family = ModelArchitectures.OfClass("MixtralForCausalLM")!;

        ArchitectureTensor tensor = family.FindHub("model.layers.31.block_sparse_moe.experts.7.w2.weight", out int layer, out int expert)!;

        Assert.Equal((31, 7, "blk.31.ffn_down_exps.weight", true), (layer, expert, tensor.GgufIn(layer), tensor.IsStacked));
        Assert.Equal("model.layers.31.block_sparse_moe.experts.2.w2.weight", tensor.HubIn(31, 2));
        Assert.Null(family.FindHub("model.layers.31.vision.weight", out _, out _));
    }

    [Fact]
    public void Add_OfAFamilyThatExtendsAnother_KnowsItsClassTensorsAndRoles()
    {
        Write("acme", """
            {"extends": "llama", "name": "acme", "hub": ["AcmeForCausalLM"], "roles": {"acme_tail.weight": "Head"},
             "tensors": [{"gguf": "blk.N.acme.weight", "hub": "model.layers.N.acme.weight", "plus": 1}]}
            """);
        Assert.Equal(TensorRole.Other, TensorRoles.Of("model.acme_tail.weight"));

        Assert.Empty(ModelArchitectures.Add(_folder));

        ModelArchitecture family = ModelArchitectures.OfClass("AcmeForCausalLM")!;
        Assert.Equal("acme", family.Name);
        Assert.Equal("blk.3.attn_q.weight", family.FindHub("model.layers.3.self_attn.q_proj.weight", out int layer, out _)?.GgufIn(layer));
        Assert.Equal(1, family.FindGguf("blk.0.acme.weight", out _)?.Plus);
        Assert.Equal(TensorRole.Head, TensorRoles.Of("model.acme_tail.weight"));
        Assert.Equal(TensorRole.Head, TensorRoles.Of("lm_head.weight"));
    }

    [Fact]
    public void Add_OfAFileOfAKnownName_ReplacesItAndMayExtendIt()
    {
        Write("phi2", """{"extends": "phi2", "name": "phi2", "hub": ["PhiForCausalLM", "AcmePhiForCausalLM"]}""");

        Assert.Empty(ModelArchitectures.Add(_folder));

        Assert.Same(ModelArchitectures.OfClass("PhiForCausalLM"), ModelArchitectures.OfClass("AcmePhiForCausalLM"));
        Assert.NotNull(ModelArchitectures.OfClass("PhiForCausalLM")!.FindHub("model.layers.0.self_attn.q_proj.weight", out _, out _));
    }

    [Fact]
    public void Add_OfAFolderAfterAnother_GoesBeforeItWhateverTheNames()
    {
        Write("aa_first", """{"name": "aa_first", "hub": ["TwiceForCausalLM"]}""");
        Assert.Empty(ModelArchitectures.Add(_folder));
        File.Delete(Path.Combine(_folder, "aa_first.json"));
        Write("zz_second", """{"name": "zz_second", "hub": ["TwiceForCausalLM"]}""");

        Assert.Empty(ModelArchitectures.Add(_folder));

        Assert.Equal("zz_second", ModelArchitectures.OfClass("TwiceForCausalLM")?.Name);
    }

    [Theory]
    [InlineData("""{"name": "x", "hub": ["X"], "tensor": []}""", "tensor is no field")]
    [InlineData("""{"name": "x", "hub": []}""", "hub is empty")]
    [InlineData("""{"name": 3, "hub": ["X"]}""", "name is 3; it must be a text")]
    [InlineData("""{"name": "x", "hub": "X"}""", "hub is \"X\"; it must be a list of texts")]
    [InlineData("""{"name": "x", "hub": ["X", 1]}""", "hub[1] is 1; it must be a text")]
    [InlineData("""{"extends": "nobody", "name": "x", "hub": ["X"]}""", "extends 'nobody', which is no family that is known")]
    [InlineData("""{"name": "x", "hub": ["X"], "when": "a=b"}""", "when is 'a=b'")]
    [InlineData("""{"name": "x", "hub": ["X"], "tensors": [{"gguf": "a"}]}""", "tensors[0].hub is missing")]
    [InlineData("""{"name": "x", "hub": ["X"], "tensors": [{"gguf": "a", "hub": "b"}, {"gguf": "a", "hub": "c"}]}""",
        "tensors has 'a' 2 times")]
    [InlineData("""{"name": "x", "hub": ["X"], "tensors": [{"gguf": "a", "hub": "b", "plus": Infinity}]}""",
        "tensors[0].plus is Infinity; it must be a finite number")]
    [InlineData("""{"name": "x", "hub": ["X"], "keys": [{"hub": [], "gguf": ["a"]}]}""", "a setting of keys has no name in config.json")]
    [InlineData("""{"name": "x", "hub": ["X"], "assumes": {"a": 1}}""", "assumes.a is 1; it must be a list of values")]
    [InlineData("""{"name": "x", "hub": ["X"], "roles": {"a": "head"}}""", "roles.a is \"head\"; it must be one of Other, Embedding, Head")]
    [InlineData("""["x"]""", "expected a JSON object")]
    [InlineData("""{"name": """, "x.json")]
    public void Add_OfAFileWithAMistake_NamesFileFieldAndWhatIsExpected(string content, string expected)
    {
        Write("x", content);

        Problem problem = Assert.Single(ModelArchitectures.Add(_folder));

        Assert.Equal(ErrorCodes.BadConfig, problem.Code);
        Assert.StartsWith(Path.Combine(_folder, "x.json"), problem.Message, StringComparison.Ordinal);
        Assert.Contains(expected, problem.Message, StringComparison.Ordinal);
        Assert.Null(ModelArchitectures.OfClass("X"));
    }

    [Fact]
    public void Add_OfAFamilyThatExtendsOneLeftOut_LeavesItOutToo()
    {
        Write("x", """{"extends": "y", "name": "x", "hub": ["X"]}""");
        Write("y", """{"extends": "nobody", "name": "y", "hub": ["Y"]}""");

        IReadOnlyList<Problem> problems = ModelArchitectures.Add(_folder);

        Assert.Equal(2, problems.Count);
        Assert.Contains(problems,
            problem => problem.Message.EndsWith("x.json: extends 'y', which is left out for a mistake of its own",
                StringComparison.Ordinal));
        Assert.Null(ModelArchitectures.OfClass("X"));
        Assert.Null(ModelArchitectures.OfClass("Y"));
    }

    [Fact]
    public void Add_OfSeveralMistakes_ReportsAllOfThem()
    {
        Write("x", """{"name": 1, "hub": 2, "flags": 3, "tensors": [4]}""");
        Write("y", """{"extends": 5}""");

        Assert.Equal(5, ModelArchitectures.Add(_folder).Count);
    }

    [Fact]
    public void Scan_WhenAPluginHasABrokenFamily_NamesTheFileAndKeepsThePlugin()
    {
        using PluginFolder plugins = new();
        string folder = Directory.CreateDirectory(Path.Combine(plugins.Add("good/1.2.0"), ModelArchitectures.Folder)).FullName;
        File.WriteAllText(Path.Combine(folder, "z.json"), """{"name": "z"}""");
        File.WriteAllText(Path.Combine(folder, "w.json"), """{"extends": "llama", "name": "w", "hub": ["WForCausalLM"]}""");

        PluginCatalog catalog = plugins.Scan();

        Assert.Single(catalog.Plugins);
        Assert.Contains(Path.Combine(folder, "z.json"), Assert.Single(catalog.Problems).Message, StringComparison.Ordinal);
        Assert.Equal("w", ModelArchitectures.OfClass("WForCausalLM")?.Name);
    }

    [Fact]
    public void Families_OfTheUser_LieBesideThePlugins() =>
        Assert.Equal(Path.Combine(_folder, "architectures"),
            PluginRoots.Families(name => name == PluginRoots.HomeVariable ? _folder : null));

    [Fact]
    public void Fields_OfAFamily_AreAllInTheDocumentation()
    {
        string repository = typeof(ModelArchitecturesTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
            .Single(attribute => attribute.Key == "Repository").Value!;
        string page = File.ReadAllText(Path.Combine(repository, "docs", "architectures.md"));

        Assert.All(FamilyReader.Schema.SelectMany(level => level.Fields),
            field => Assert.Contains($"`{field}`", page, StringComparison.Ordinal));
        Assert.All(Enum.GetNames<TensorRole>(), role => Assert.Contains($"`{role}`", page, StringComparison.Ordinal));
    }

    private void Write(string name, string content) => File.WriteAllText(Path.Combine(_folder, name + ".json"), content);
}
