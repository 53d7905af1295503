using System.Reflection;
using System.Text.Json.Nodes;
using MergeHost.Reports;
using MergeHost.Testing;
using MergeHost.Tests.Golden;
using MergeHost.Tests.Plugins;

namespace MergeHost.Tests.Alignments;

/// <summary>Merges of models whose tokenizers differ: rows by token, ids and files as they
/// should be. mergekit 0.1.5 gave the rows.</summary>
public sealed class VocabularyCaseTests : IDisposable
{
    private static readonly string _fixtures = typeof(VocabularyCaseTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .Single(attribute => attribute.Key == "VocabularyFixtures").Value!;

    private readonly TemporaryFolder _folder = new();
    private readonly MergeEngine _engine = new(PluginFolder.NoServices);

    public static TheoryData<string> Cases { get; } =
        [.. Directory.EnumerateDirectories(_fixtures).Where(folder => File.Exists(Path.Combine(folder, "right.json")))
            .Select(folder => Path.GetFileName(folder)!)];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Merge_OfACase_HasTheRowsOfEachToken(string name)
    {
        MergeManifest manifest = Merge(name);
        JsonObject right = Json(Path.Combine(_fixtures, name, "right.json"));
        SortedDictionary<string, StoredTensor> merged = SafetensorsFile.Read(_folder[$"{name}/model.safetensors"]);
        Assert.All(SafetensorsFile.Read(Path.Combine(_fixtures, name, "right.safetensors")), pair =>
        {
            Assert.Equal(pair.Value.Shape, merged[pair.Key].Shape);
            double tolerance = pair.Value.DType == "F32" ? 1e-6 : pair.Value.Values.Max(Math.Abs) / 256;
            Assert.All(pair.Value.Values.Zip(merged[pair.Key].Values), values => Assert.Equal(values.First, values.Second, tolerance));
        });

        JsonObject config = Json(_folder[$"{name}/config.json"]);
        Assert.All(right["config"]!.AsObject(),
            setting => Assert.Equal(setting.Value?.ToJsonString(), config[setting.Key]?.ToJsonString()));
        Assert.Equal(right["vocabulary"]!.AsArray().Count(token => token is not null),
            manifest.Stages[0].Alignments![0].Report["tokens"]!.GetValue<int>());
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Merge_OfACase_HasTheTokensByTheirIds(string name)
    {
        Merge(name);
        JsonObject tokenizer = Json(_folder[$"{name}/tokenizer.json"]);
        SortedDictionary<int, string> tokens = [];
        switch (tokenizer["model"]!["vocab"])
        {
            case JsonArray places:
                foreach ((int id, JsonNode? place) in places.Index())
                {
                    tokens[id] = place![0]!.GetValue<string>();
                }

                break;
            case { } ids:
                foreach ((string token, JsonNode? id) in ids.AsObject())
                {
                    tokens[id!.GetValue<int>()] = token;
                }

                break;
        }

        foreach (JsonNode? added in tokenizer["added_tokens"]!.AsArray())
        {
            tokens[added!["id"]!.GetValue<int>()] = added["content"]!.GetValue<string>();
        }

        JsonArray right = Json(Path.Combine(_fixtures, name, "right.json"))["vocabulary"]!.AsArray();
        Assert.Equal(right.Index().Where(token => token.Item is not null).Select(token => (token.Index, token.Item!.GetValue<string>())),
            tokens.Select(token => (token.Key, token.Value)));
    }

    // Pieces stay pieces: the other model's merges come after the base's, and Unigram keeps its scores.
    [Theory]
    [InlineData("kind_sp_extended")]
    [InlineData("kind_unigram")]
    [InlineData("kind_wordpiece")]
    public void Merge_OfAUnionOfPieces_WritesTheTokenizerThatItShould(string name)
    {
        Merge(name);
        JsonObject right = Json(Path.Combine(_fixtures, name, "right_tokenizer.json"));
        JsonObject tokenizer = Json(_folder[$"{name}/tokenizer.json"]);
        Assert.All(right, part => Assert.True(JsonNode.DeepEquals(Sorted(part.Value), Sorted(tokenizer[part.Key])), part.Key));

        static JsonNode? Sorted(JsonNode? node) => node switch
        {
            JsonObject fields =>
                new JsonObject(fields.OrderBy(field => field.Key, StringComparer.Ordinal)
                    .Select(field => KeyValuePair.Create(field.Key, Sorted(field.Value)))),
            JsonArray items => new JsonArray([.. items.Select(Sorted)]),
            _ => node?.DeepClone(),
        };
    }

    [Theory]
    [InlineData("tokens: {<|n|>: {source: {model: inputs/q2_base, token: a}}}", "MH1006", "'source' names a token, and 'kind' is missing")]
    [InlineData("tokens: {<|n|>: {source: {kind: model_token, model: inputs/q2_base, token: a, token_id: 3}}}", "MH1009",
        "takes one of 'token' and 'token_id'")]
    [InlineData("tokens: {<|n|>: {source: {kind: model_token, model: inputs/q2_base, token_id: 9999}}}", "MH1004",
        "row 9999 of 'inputs/q2_base' is asked for, which has 384 rows")]
    [InlineData("tokens: {<|n|>: {source: inputs/q2_base}}", "MH1004", "'inputs/q2_base' has no token '<|n|>'")]
    [InlineData("tokens: {<|n|>: {source: inputs/un_base}}", "MH1010", "its source 'inputs/un_base' takes no part in the merge")]
    [InlineData("tokens: {<|n|>: {}}", "MH1006", "no model has it, and the recipe gives it no row")]
    [InlineData("tokens: {<|n|>: {source: {kind: zero, model: inputs/q2_base}}}", "MH1009", "'kind: zero' goes with nothing else")]
    [InlineData("tokens: {<|n|>: {sorce: 1}}", "MH1008", "has no option 'sorce'")]
    [InlineData("pad_to_multiple_of: 0", "MH1004", "pad_to_multiple_of is 0; it must be in [1, 1048576]")]
    [InlineData("source: nowhere", "MH1010", "there is no file or folder 'nowhere'")]
    public void Plan_OfATokenizerThatMakesNoSense_NamesItAndItsPlace(string setting, string code, string said)
    {
        Problem problem = Assert.Single(Problems($"[inputs/q2_base, inputs/q2_untied]\ntokenizer:\n  {setting}\n"));
        Assert.Equal(code, problem.Code.Id);
        Assert.Contains(said, problem.Message, StringComparison.Ordinal);
        Assert.True(problem.Place?.Line >= 4);
    }

    [Fact]
    public void Plan_OfAUnionOfOtherAlphabets_IsRefused()
    {
        Problem problem = Assert.Single(Problems("[inputs/q2_base, inputs/l2_base]\ntokenizer_source: union\n"));
        Assert.Equal(ErrorCodes.VocabularyMismatch, problem.Code);
        Assert.Contains("byte-level BPE, that of 'inputs/l2_base' BPE of SentencePiece", problem.Message, StringComparison.Ordinal);
    }

    // tokenizer.json is made of tokenizer.model where a vocabulary changes.
    [Fact]
    public void Merge_OfABaseWithTokenizerModelAlone_IsThatWithTokenizerJson()
    {
        Directory.CreateDirectory(_folder["bare"]);
        foreach (string file in Directory.EnumerateFiles(Path.Combine(_fixtures, "inputs", "l2_base"))
            .Where(file => Path.GetFileName(file) != "tokenizer.json"))
        {
            File.Copy(file, Path.Combine(_folder["bare"], Path.GetFileName(file)));
        }

        JsonNode?[] models = [.. new[] { "inputs/l2_base", "bare" }.Select(model =>
        {
            _engine.Merge(Write($"[{model}, inputs/l2_ja]\ntokenizer_source: union\n"), _folder[$"out/{model}"], new MergeOptions());
            return Json(_folder[$"out/{model}/tokenizer.json"])["model"];
        })];
        Assert.True(JsonNode.DeepEquals(models[0]!["vocab"], models[1]!["vocab"]));
        Assert.True(JsonNode.DeepEquals(models[0]!["merges"], models[1]!["merges"]));
        Assert.Equal(File.ReadAllBytes(_folder["out/inputs/l2_base/model.safetensors"]),
            File.ReadAllBytes(_folder["out/bare/model.safetensors"]));
    }

    // mergekit's tokensurgeon 0.1.5 gave the rows.
    [Theory]
    [InlineData("omp_4", "l3_base", "l2_base", "omp", "4", 1e-5)]
    [InlineData("mean_tied", "q2_base", "l3_base", "mean", "1", 1.0 / 256)]
    public void Transplant_OfACase_HasTheRowsOfEachToken(string name, string model, string donor, string method, string k, double tolerance)
    {
        string inputs = Path.Combine(_fixtures, "inputs");
        _engine.Transplant(Path.Combine(inputs, model), Path.Combine(inputs, donor), _folder["out"],
            new Dictionary<string, string> { ["method"] = method, ["k"] = k }, new MergeOptions());
        SortedDictionary<string, StoredTensor> made = SafetensorsFile.Read(_folder["out/model.safetensors"]);
        Assert.All(SafetensorsFile.Read(Path.Combine(_fixtures, "transplant", $"{name}.safetensors")), pair =>
        {
            Assert.Equal(pair.Value.Shape, made[pair.Key].Shape);
            Assert.All(pair.Value.Values.Zip(made[pair.Key].Values), values => Assert.Equal(values.First, values.Second, tolerance));
        });
        Assert.Equal(File.ReadAllBytes(Path.Combine(inputs, donor, "tokenizer.json")), File.ReadAllBytes(_folder["out/tokenizer.json"]));
    }

    [Fact]
    public void Merge_WithAlign_IsThatWithTokenizer()
    {
        string[] settings = ["tokenizer: {source: union, pad_to_multiple_of: 64}",
            "align: [{vocabulary: {source: union, pad_to_multiple_of: 64}}]"];
        byte[][] outputs = [.. settings.Select((setting, index) =>
        {
            _engine.Merge(Write($"[inputs/un_base, inputs/un_ja]\n{setting}\n"), _folder[$"out{index}"], new MergeOptions());
            return File.ReadAllBytes(_folder[$"out{index}/model.safetensors"]);
        })];
        Assert.Equal(outputs[0], outputs[1]);
    }

    [Fact]
    public void Merge_OfTheTokenizerOfAModelOutside_WatchesItsFiles()
    {
        Directory.CreateDirectory(_folder["other"]);
        foreach (string file in Directory.EnumerateFiles(Path.Combine(_fixtures, "inputs", "un_ja")))
        {
            File.Copy(file, Path.Combine(_folder["other"], Path.GetFileName(file)));
        }

        string recipe = Write("[inputs/un_base]\ntokenizer_source: other\n");
        MergeManifest manifest = _engine.Merge(recipe, _folder["out"], new MergeOptions());
        Assert.Contains(manifest.InputFiles, file => file.Name.EndsWith("other/tokenizer.json", StringComparison.Ordinal));
        Assert.True(_engine.Merge(recipe, _folder["out"], new MergeOptions()).IsAlreadyComplete);
        File.SetLastWriteTimeUtc(_folder["other/tokenizer.json"], DateTime.UtcNow.AddMinutes(1));
        Assert.Equal(ErrorCodes.OtherMerge,
            Assert.ThrowsAny<MergeHostException>(() => _engine.Merge(recipe, _folder["out"], new MergeOptions())).Problems[0].Code);
    }

    public void Dispose()
    {
        _engine.Dispose();
        _folder.Dispose();
    }

    private MergeManifest Merge(string name) =>
        _engine.Merge(Path.Combine(_fixtures, name, "recipe.yml"), _folder[name], new MergeOptions());

    private IReadOnlyList<Problem> Problems(string rest) =>
        [.. Assert.Throws<MergeHostException>(() => _engine.Plan(Write(rest), new MergeOptions())).Problems
            .Where(problem => problem.Severity == Severity.Error)];

    private string Write(string rest)
    {
        if (!Directory.Exists(_folder["inputs"]))
        {
            Directory.CreateSymbolicLink(_folder["inputs"], Path.Combine(_fixtures, "inputs"));
        }

        string models = rest[..rest.IndexOf('\n', StringComparison.Ordinal)];
        string listed = string.Join(", ",
            models.Trim('[', ']').Split(", ").Select(model => $"{{model: {model}, parameters: {{weight: 1}}}}"));
        string path = _folder[$"{Guid.NewGuid()}.yml"];
        File.WriteAllText(path, $"merge_method: linear\ndtype: float32\nmodels: [{listed}]\n{rest[(models.Length + 1)..]}");
        return path;
    }

    private static JsonObject Json(string path) => (JsonObject)JsonNode.Parse(File.ReadAllText(path))!;
}
