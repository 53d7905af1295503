using System.Text.Json;
using MergeHost.Testing;

namespace MergeHost.Cli.Tests;

public sealed class MergeCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void Merge_WithTimings_TracesEveryByteThatIsReadAndWritten()
    {
        CliResult merge = Cli.Run("merge", "recipes/linear.yaml", _folder["out"], "--timings", _folder["trace.json"]);
        Assert.Equal(0, merge.ExitCode);
        Assert.Matches(@"(?m)^read +\d+ +\d+\.\d+ ", merge.Talk);
        using JsonDocument trace = JsonDocument.Parse(File.ReadAllBytes(_folder["trace.json"]));
        long tensors = new FileInfo(Path.Combine(_folder["out"], "model.safetensors")).Length
            - SafetensorsHeaderBytes(Path.Combine(_folder["out"], "model.safetensors"));
        Assert.Equal(tensors, Bytes("write"));
        Assert.Equal(2 * tensors, Bytes("read"));
        Assert.Equal(3 * tensors, Bytes("digest"));
        Assert.All(trace.RootElement.EnumerateArray(), step => Assert.Equal("X", step.GetProperty("ph").GetString()));

        long Bytes(string name) => trace.RootElement.EnumerateArray().Where(step => step.GetProperty("name").GetString() == name)
            .Sum(step => step.GetProperty("args").GetProperty("bytes").GetInt64());

        static long SafetensorsHeaderBytes(string path)
        {
            using BinaryReader reader = new(File.OpenRead(path));
            return 8 + reader.ReadInt64();
        }
    }

    [Fact]
    public void Merge_WithTimingsIntoNoFolder_FailsBeforeAnyWork()
    {
        CliResult merge = Cli.Run("merge", "recipes/linear.yaml", _folder["out"], "--timings", _folder["nowhere/trace.json"]);
        Assert.Contains("MH5007", merge.Talk, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_folder["out"]));
    }

    [Fact]
    public void Merge_WithAnErroneousRecipe_NamesEveryErrorInTheCompilersForm()
    {
        string recipe = _folder.Write("bad.yaml", """
            merge_method: tiess
            base_model: recipes/quickstart/base
            models:
            - model: recipes/quickstart/fiance
              parameters: {weight: 1}
            dtpye: bfloat16
            """u8);
        CliResult result = Cli.Run("merge", recipe, _folder["out"]);
        Assert.Equal(3, result.ExitCode);
        Assert.Empty(result.Output);
        Assert.Contains($"{recipe}(6,1): error MH1003: recipes have no field 'dtpye'\nhint: did you mean 'dtype'?", result.Talk,
            StringComparison.Ordinal);
        Assert.Contains($"{recipe}(1,15): error MH1002: no strategy 'tiess'\nhint: did you mean 'ties'?", result.Talk,
            StringComparison.Ordinal);
        Assert.Contains(
            $"{recipe}(4,10): error MH1010: there is no file or folder 'recipes/quickstart/fiance'\nhint: did you mean "
                + "'recipes/quickstart/finance'?", result.Talk, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_folder["out"]));
    }

    [Theory]
    [InlineData(4, "MH2012", "models: [{model: recipes}]")]
    [InlineData(5, "MH3006", "models: [{model: recipes/quickstart/base}]\nuses: averaging@^9.0")]
    [InlineData(6, "MH4001",
        "models: [{model: recipes/quickstart/base, parameters: {weight: 1}}, {model: recipes/quickstart/math, parameters: {weight: -1}}]")]
    public void Merge_ThatFails_ExitsWithTheCodeOfTheArea(int exitCode, string code, string rest)
    {
        string recipe = _folder["recipe.yaml"];
        File.WriteAllText(recipe, $"merge_method: linear\nparameters: {{weight: 1}}\n{rest}");
        CliResult result = Cli.Run("merge", recipe, _folder["out"]);
        Assert.Contains(code, result.Talk, StringComparison.Ordinal);
        Assert.Equal(exitCode, result.ExitCode);
    }

    [Fact]
    public void Merge_IntoAFolderInUse_ExitsWith6()
    {
        CliResult result = Cli.Run("merge", "recipes/quickstart.yaml", "recipes");
        Assert.Equal(6, result.ExitCode);
        Assert.Contains("error MH5001: recipes: the folder is not empty\nhint:", result.Talk, StringComparison.Ordinal);
    }

    [Fact]
    public void Merge_WithJson_WritesTheManifestToStdoutAndLinesToStderr()
    {
        CliResult result = Cli.Run("merge", "recipes/quickstart.yaml", _folder["out"], "--json", "--no-evaluate");
        using JsonDocument manifest = JsonDocument.Parse(result.Output);
        Assert.Equal(38, manifest.RootElement.GetProperty("tensors").GetArrayLength());
        Assert.Equal("BF16", manifest.RootElement.GetProperty("tensors")[0].GetProperty("dtype").GetString());
        string[] lines = result.Talk.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.All(lines, line => Assert.Equal("progress", JsonDocument.Parse(line).RootElement.GetProperty("event").GetString()));

        CliResult failed = Cli.Run("merge", "no.yaml", _folder["other"], "--json");
        JsonElement error = JsonDocument.Parse(failed.Talk).RootElement;
        Assert.Equal(("error", "MH1000"), (error.GetProperty("event").GetString(), error.GetProperty("code").GetString()));
    }

    [Fact]
    public void Merge_OfARecipeThatNamesASuite_EndsWithATableOfBaseExpertsAndMerge()
    {
        string recipe = _folder["recipe.yaml"];
        File.WriteAllText(_folder["suite.yaml"], "tasks: [{name: bits, benchmark: tensor_count}]");
        File.WriteAllText(recipe, """
            merge_method: task_arithmetic
            base_model: recipes/quickstart/base
            models: [{model: recipes/quickstart/finance}, {model: recipes/quickstart/math}]
            parameters: {weight: 0.5}
            evaluate: suite.yaml
            """);
        string[] arguments = ["merge", recipe, _folder["out"], "--cache", _folder["cache"], "--plugins", Cli.FixturePlugins];
        CliResult merge = Cli.Run(arguments);
        Assert.Equal(0, merge.ExitCode);
        string[][] rows = [.. merge.Output.Split('\n').Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))];
        Assert.Contains(rows, row => row is ["task", "metric", "base", "finance", "math", "out"]);
        Assert.Contains(rows, row => row is ["bits", "count", ..]);
        Assert.Contains(rows, row => row is ["Macro-Gain", "accuracy", ..]);

        // Done, it measures nothing again; and not at all where it is not to.
        JsonElement again = JsonDocument.Parse(Cli.Run([.. arguments, "--json"]).Output).RootElement;
        Assert.Equal(4, again.GetProperty("evaluation").GetProperty("models").GetArrayLength());
        Assert.DoesNotContain("Macro-Gain", Cli.Run([.. arguments, "--no-evaluate"]).Output, StringComparison.Ordinal);
        Assert.DoesNotContain("evaluation",
            File.ReadAllText(_folder["out/mergehost.json"]).Replace("evaluate:", "", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Fact]
    public void Merge_OfARecipeWithASuiteThatIsWrong_SaysSoBeforeItMerges()
    {
        string recipe = _folder["recipe.yaml"];
        File.WriteAllText(recipe,
            "merge_method: linear\nmodels: [{model: recipes/quickstart/base}]\nparameters: {weight: 1}\nevaluate: sutie.yaml\n");
        File.WriteAllText(_folder["suite.yaml"], "");
        CliResult merge = Cli.Run("merge", recipe, _folder["out"]);
        Assert.Equal(7, merge.ExitCode);
        Assert.Contains("suite.yaml'?", merge.Talk, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_folder["out"]));
    }

    [Fact]
    public void Merge_WhoseMeasuringFails_SaysThatTheOutputIsFinished()
    {
        string recipe = _folder["recipe.yaml"];
        File.WriteAllText(_folder["suite.yaml"], "tasks: [{name: bits, benchmark: tensor_count, metric: acc}]");
        File.WriteAllText(recipe,
            "merge_method: linear\nmodels: [{model: recipes/quickstart/base}]\nparameters: {weight: 1}\nevaluate: suite.yaml\n");
        CliResult merge = Cli.Run("merge", recipe, _folder["out"], "--no-cache", "--plugins", Cli.FixturePlugins);
        Assert.Equal(7, merge.ExitCode);
        Assert.Contains("'tensor_count' has no metric 'acc'", merge.Talk, StringComparison.Ordinal);
        Assert.Contains($"{_folder["out"]} is finished", merge.Talk, StringComparison.Ordinal);
        Assert.Equal(0, Cli.Run("verify", _folder["out"]).ExitCode);
    }

    [Fact]
    public void Merge_InterruptedBySigint_ExitsWith130AndGoesOnLater()
    {
        using Cli merge = StartSlowly("interrupted");
        WaitForTensors(merge, "interrupted");
        System.Diagnostics.Process.Start("kill", ["-INT", $"{merge.Id}"]).WaitForExit();
        CliResult result = merge.Wait();
        Assert.Equal(130, result.ExitCode);
        Assert.Contains("run the same command again to resume", result.Talk, StringComparison.Ordinal);
        Assert.Equal(6, Cli.Run("verify", _folder["interrupted"]).ExitCode);
        AssertGoesOn("interrupted");
    }

    [Fact]
    public void Merge_KilledAgainAndAgain_EndsWithTheSameFilesAndNeverLooksWholeBefore()
    {
        for (int kill = 0; kill < 4; kill++)
        {
            using Cli merge = StartSlowly("killed");
            WaitForTensors(merge, "killed", 3 * (kill + 1));
            merge.Kill();
            merge.Wait();
            Assert.Equal(6, Cli.Run("verify", "--quiet", _folder["killed"]).ExitCode);
            Assert.Equal(4, Cli.Run("inspect", "--quiet", _folder["killed"]).ExitCode);
        }

        AssertGoesOn("killed");
    }

    [Theory]
    [InlineData("torch_lerp", "{t: 0.25}")]
    [InlineData("low_rank", "{rank: 256}")]
    public void Merge_ByAPluginThatWorksOnWholeTensors_GivesItsResult(string strategy, string parameters)
    {
        string recipe = _folder["recipe.yaml"];
        File.WriteAllText(recipe, $"""
            merge_method: {strategy}
            base_model: recipes/quickstart/base
            models: [{"{"}model: recipes/quickstart/math{"}"}]
            parameters: {parameters}
            """);
        CliResult merge = Cli.Run("merge", recipe, _folder["out"], "--quiet", "--plugins", Cli.FixturePlugins);
        Assert.Equal("", merge.Talk);

        // t of the way to the model, or all of its task vector's directions: both are task arithmetic.
        string control = _folder["control.yaml"];
        File.WriteAllText(control, $"""
            merge_method: task_arithmetic
            base_model: recipes/quickstart/base
            models: [{"{"}model: recipes/quickstart/math{"}"}]
            parameters: {"{"}weight: {(strategy == "low_rank" ? "1" : "0.25")}{"}"}
            """);
        Cli.Run("merge", control, _folder["control"]);
        double[] difference = [.. Weights("out").Zip(Weights("control"), (ours, theirs) => Math.Abs(ours - theirs))];
        Assert.InRange(difference.Max(), 0, 0.01);
        Assert.InRange(difference.Average(), 0, 1e-5);
    }

    public void Dispose() => _folder.Dispose();

    private string[] SlowMerge(string output) => ["merge", "recipes/dare-ties.yaml", _folder[output], "--threads", "1"];

    private Cli StartSlowly(string output) => Cli.Start(SlowMerge(output), ("MERGEHOST_LANES", "scalar"));

    // The journal has one line for the merge and one for each tensor that is done; its length can be read while it is locked.
    private void WaitForTensors(Cli merge, string output, int tensors = 3)
    {
        FileInfo journal = new(Path.Combine(_folder[output], "mergehost.journal.partial"));
        while (!merge.HasExited && (!journal.Exists || journal.Length < 65 + (230 * tensors)))
        {
            Thread.Sleep(1);
            journal.Refresh();
        }

        Assert.False(merge.HasExited, "the merge was over before it could be stopped");
    }

    private void AssertGoesOn(string output)
    {
        Assert.Equal(0, Cli.Run(SlowMerge(output)).ExitCode);
        Assert.Equal(0, Cli.Run(SlowMerge("undisturbed")).ExitCode);
        string[] names = [.. Directory.EnumerateFiles(_folder["undisturbed"]).Select(path => Path.GetFileName(path)).Order()];
        Assert.Equal(names, Directory.EnumerateFileSystemEntries(_folder[output]).Select(path => Path.GetFileName(path)).Order());
        Assert.All(names, name => Assert.Equal(
            File.ReadAllBytes(Path.Combine(_folder["undisturbed"], name)), File.ReadAllBytes(Path.Combine(_folder[output], name))));
    }

    private float[] Weights(string output)
    {
        byte[] file = File.ReadAllBytes(Path.Combine(_folder[output], "model.safetensors"));
        int header = 8 + (int)BitConverter.ToInt64(file);
        return [.. Enumerable.Range(0, (file.Length - header) / 2)
            .Select(i => BitConverter.UInt32BitsToSingle((uint)BitConverter.ToUInt16(file, header + (2 * i)) << 16))];
    }
}
