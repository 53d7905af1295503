using MergeHost.Reports;
using MergeHost.Testing;

namespace MergeHost.Tests.Running;

/// <summary>Models of Sentence Transformers: each part is merged or copied by its name, and comes to lie where it lay.</summary>
public sealed class PartsTests : IDisposable
{
    private const string Dense = "2_Dense/linear.weight";

    private readonly MergeBed _bed = new();

    [Theory]
    [InlineData("")]
    [InlineData("0_Transformer")]
    public void Merge_OfModelsOfParts_MergesEachAndKeepsTheirFolders(string main)
    {
        Write("a", main, 1);
        Write("b", main, 3);
        MergeManifest made = _bed.Merge(Recipe("a", "b"), "out");
        Assert.Equal([2f, 2f, 2f, 2f], MergeBed.Read(_bed["out"], Dense).Values);
        Assert.Contains(made.Tensors, tensor => tensor.Name == "model.norm.weight");
        Assert.Equal(
            new[] { "1_Pooling/config.json", "2_Dense/config.json", "2_Dense/model.safetensors", In(main, "config.json"),
                In(main, "model.safetensors"), "modules.json" }
                .Order(StringComparer.Ordinal),
            made.Files.Select(file => file.Name).Where(name => !name.Contains("token", StringComparison.Ordinal))
                .Order(StringComparer.Ordinal));
        Assert.Equal(File.ReadAllBytes(Path.Combine(_bed["a"], "modules.json")),
            File.ReadAllBytes(Path.Combine(_bed["out"], "modules.json")));
        Assert.Empty(_bed.Engine.Verify(_bed["out"]));
        Assert.True(_bed.Merge(Recipe("a", "b"), "out").IsAlreadyComplete);

        File.WriteAllText(Path.Combine(_bed["out"], "2_Dense", "config.json"), "{}");
        Assert.Contains("2_Dense", Assert.Single(_bed.Engine.Verify(_bed["out"])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Merge_OfAPartThatOneModelLacks_IsRefused()
    {
        Write("a", "", 1);
        TinyCheckpoint.Llama(seed: 2).Write(_bed["b"]);
        Problem problem = MergeBed.Fails(() => _bed.Merge(Recipe("a", "b"), "out"));
        Assert.Equal((ErrorCodes.TensorMissing, $"'{_bed["b"]}' has no tensor '{Dense}', which '{_bed["a"]}' has"),
            (problem.Code, problem.Message));
    }

    [Theory]
    [InlineData("../elsewhere")]
    [InlineData("..")]
    [InlineData("a/b")]
    public void Merge_OfAPartOutsideOfTheFolder_IsRefused(string part)
    {
        Write("a", "", 1);
        string list = Path.Combine(_bed["a"], "modules.json");
        File.WriteAllText(list, File.ReadAllText(list).Replace("2_Dense", part, StringComparison.Ordinal));
        Problem problem = MergeBed.Fails(() => _bed.Merge(Recipe("a", "a"), "out"));
        Assert.Equal(ErrorCodes.BadConfig, problem.Code);
        Assert.Contains($"a part lies in '{part}'", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Merge_OfAFirstPartWithTheNameOfAnothersTensor_IsRefused()
    {
        Write("a", "", 1);
        new TinyCheckpoint().Add(Dense, DType.F32, [2], [1, 2]).Write(_bed["a"]);
        Problem problem = MergeBed.Fails(() => _bed.Merge(Recipe("a", "a"), "out"));
        Assert.Equal(ErrorCodes.CheckpointUnreadable, problem.Code);
        Assert.Contains($"its tensor 'linear.weight' would be '{Dense}'", problem.Message, StringComparison.Ordinal);
    }

    public void Dispose() => _bed.Dispose();

    private static string In(string folder, string file) => folder.Length == 0 ? file : $"{folder}/{file}";

    private string Recipe(string a, string b) =>
        $"merge_method: linear\nmodels: [{{model: {_bed[a]}}}, {{model: {_bed[b]}}}]\nparameters: {{weight: 1}}\n";

    private void Write(string name, string main, float dense)
    {
        string folder = _bed[name];
        TinyCheckpoint.Llama(seed: (int)dense).Write(Path.Combine(folder, main));
        new TinyCheckpoint().Add("linear.weight", DType.F32, [2, 2], [dense, dense, dense, dense])
            .AddFile("config.json", """{"in_features": 2}""")
                .Write(Path.Combine(folder, "2_Dense"));
        Directory.CreateDirectory(Path.Combine(folder, "1_Pooling"));
        File.WriteAllText(Path.Combine(folder, "1_Pooling", "config.json"), """{"pooling_mode_mean_tokens": true}""");
        File.WriteAllText(Path.Combine(folder, "modules.json"), $$"""
            [
              {"idx": 0, "name": "0", "path": "{{main}}", "type": "sentence_transformers.models.Transformer"},
              {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
              {"idx": 2, "name": "2", "path": "2_Dense", "type": "sentence_transformers.models.Dense"},
              {"idx": 3, "name": "3", "path": "3_Normalize", "type": "sentence_transformers.models.Normalize"}
            ]
            """);
    }
}
