using System.Diagnostics;
using System.Reflection;
using System.Text;
using System.Text.Json.Nodes;
using MergeHost.Torch;

namespace MergeHost.LanguageModel.Tests;

/// <summary><c>mergehost serve</c> as a process.</summary>
public sealed class ServeCommandTests : IDisposable
{
    private const string Base = "recipes/quickstart/base";
    private const string Adapted = Base + "+recipes/quickstart/math-lora";

    private readonly string _merged = Directory.CreateTempSubdirectory().FullName;

    [TorchFact]
    public async Task Serve_OfABaseWithAnAdapter_AnswersAsTheMergedModelDoes()
    {
        string recipe = Path.Combine(_merged, "recipe.yaml");
        string output = Path.Combine(_merged, "model");
        await File.WriteAllTextAsync(recipe, $"merge_method: passthrough\nmodels: [{{model: {Adapted}}}]\ndtype: float32\n");
        using Process merge = Start("merge", recipe, output, "--quiet");
        await merge.WaitForExitAsync();
        Assert.Equal(0, merge.ExitCode);
        double[] adapted = await LikelihoodsAsync(Adapted);
        Assert.Equal(await LikelihoodsAsync(output), adapted, (x, y) => Math.Abs(x - y) < 1e-3);
        Assert.NotEqual(await LikelihoodsAsync(Base), adapted, (x, y) => Math.Abs(x - y) < 0.1);
    }

    public void Dispose() => Directory.Delete(_merged, recursive: true);

    private static async Task<double[]> LikelihoodsAsync(string model)
    {
        using Process serve = Start("serve", model, "--port", "0");
        try
        {
            string line = await serve.StandardOutput.ReadLineAsync()
                ?? throw new InvalidOperationException(await serve.StandardError.ReadToEndAsync());
            using HttpClient client = new() { BaseAddress = new Uri(line[..line.IndexOf(": serving", StringComparison.Ordinal)]) };
            using StringContent body = new("""{"prompt": "3 + 4 =", "max_tokens": 0, "temperature": 0, "logprobs": 1, "echo": true}""",
                Encoding.UTF8, "application/json");
            using HttpResponseMessage answer = await client.PostAsync("/v1/completions", body);
            return [.. JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["choices"]![0]!["logprobs"]!["token_logprobs"]!.AsArray()
                .Skip(1).Select(value => (double)value!)];
        }
        finally
        {
            serve.Kill();
            await serve.WaitForExitAsync();
        }
    }

    private static Process Start(params string[] arguments)
    {
        ProcessStartInfo start = new("dotnet", [Metadata("Program"), .. arguments])
        {
            WorkingDirectory = Metadata("Repository"),
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["MERGEHOST_LIBTORCH"] = TorchLibrary.Folder;
        return Process.Start(start)!;
    }

    private static string Metadata(string key) =>
        typeof(ServeCommandTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
            .Single(attribute => attribute.Key == key).Value!;
}
