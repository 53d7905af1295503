using System.Text.Json;
using System.Text.Json.Nodes;
using MergeHost.Benchmarks;
using MergeHost.Checkpoints;
using MergeHost.Plugins.LanguageModel;
using MergeHost.Runtimes;
using Model = MergeHost.Plugins.LanguageModel.LanguageModel;

namespace MergeHost.LanguageModel.Tests;

public sealed class GenerationTests : IDisposable
{
    private static readonly BenchmarkContext _context = new() { Folder = ".", Threads = Environment.ProcessorCount };

    private readonly LanguageModelLoader _loader = new();
    private readonly ICheckpointReader _checkpoint = Fixtures.Family("base");

    /// <summary><c>fixtures/family/generate.py</c> wrote what is expected.</summary>
    [TorchTheory]
    [InlineData(true)]
    [InlineData(false)]
    public void Generate_OfTheLikeliest_IsWhatTransformersWrites(bool isTogether)
    {
        Model model = Load();
        JsonNode[] lines = [.. File.ReadLines(Fixtures.File("family", "generated.jsonl")).Select(line => JsonNode.Parse(line)!)];
        List<IReadOnlyList<int>> prompts = [.. lines.Select(line => model.Tokenizer.EncodeWhole((string)line["prompt"]!))];
        GenerationOptions options = new() { MaxTokens = 24 };
        IEnumerable<GeneratedText> found = isTogether
            ? model.Generate(prompts, options, _context)
            : prompts.SelectMany(prompt => model.Generate([prompt], options, _context));
        Assert.All(lines.Zip(found),
            pair => Assert.Equal(pair.First["ids"].Deserialize<int[]>()!, pair.Second.Tokens.Select(token => token.Id)));
    }

    [TorchFact]
    public void Generate_OfDraws_DependsOnTheSeedAlone()
    {
        Assert.Equal(Draw(1), Draw(1));
        Assert.NotEqual(Draw(1), Draw(2));

        string Draw(long seed) => Generate("The whale", new GenerationOptions { MaxTokens = 16, Temperature = 1, Seed = seed }).Text;
    }

    [TorchFact]
    public void Generate_WhenAStopComesUp_EndsBeforeIt()
    {
        string whole = Generate("The President of the United States", new GenerationOptions { MaxTokens = 24 }).Text;
        GeneratedText found = Generate("The President of the United States",
            new GenerationOptions { MaxTokens = 24, Stop = ["never", whole[10..14]] });
        Assert.Equal(whole[..whole.IndexOf(whole[10..14], StringComparison.Ordinal)], found.Text);
        Assert.True(found.IsEnded);
    }

    [TorchFact]
    public void Generate_OfThePromptsTokens_TellsWhatScoreFinds()
    {
        Model model = Load();
        IReadOnlyList<int> ids = model.Tokenizer.EncodeWhole("The President of the United States");
        GeneratedText found = model.Generate([ids, [1, 5]], new GenerationOptions { MaxTokens = 0, TellsPrompt = true, Alternatives = 3 },
            _context)[0];
        double[] expected = [.. model.Score([new ScoredPrompt([ids[0]], [[.. ids.Skip(1)]])], _context)[0][0]
            .Select(token => token.LogLikelihood)];
        Assert.Null(found.Prompt[0].LogLikelihood);
        Assert.All(found.Prompt.Skip(1).Zip(expected), pair => Assert.Equal(pair.Second, pair.First.LogLikelihood!.Value, 1e-4));
        Assert.All(found.Prompt.Skip(1), token => Assert.Equal(3, token.Alternatives.Count));
        Assert.Empty(found.Tokens);
    }

    // A beginning that all prompts share is read once; a prompt by itself shares it with nobody.
    [TorchFact]
    public void Score_OfPromptsThatBeginAlike_IsThatOfEachAlone()
    {
        Model model = Load();
        IReadOnlyList<int> shared = model.Tokenizer.EncodeWhole("Question: is a whale a fish? Answer: no, it is not. Question: is it");
        ScoredPrompt[] prompts =
        [
            new([.. shared, 300, 301], [[400, 401, 402], [500]]), new([.. shared, 302], [[403], [404, 405]]), new(shared, [[406, 407]]),
        ];
        IReadOnlyList<TokenScore[][]> found = model.Score(prompts, _context);
        Assert.All(prompts.Zip(found), pair => Assert.All(
            model.Score([pair.First], _context)[0].SelectMany(scores => scores).Zip(pair.Second.SelectMany(scores => scores)),
            scores => Assert.Equal(scores.First.LogLikelihood, scores.Second.LogLikelihood, 1e-4)));
    }

    public void Dispose()
    {
        _loader.Dispose();
        _checkpoint.Dispose();
    }

    private GeneratedText Generate(string prompt, GenerationOptions options) =>
        Load().Generate([Load().Tokenizer.EncodeWhole(prompt)], options, _context)[0];

    private Model Load() => _loader.Load(_checkpoint, ModelPrecision.Float32, _context);
}
