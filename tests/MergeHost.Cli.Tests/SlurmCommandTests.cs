using MergeHost.Testing;

namespace MergeHost.Cli.Tests;

public sealed class SlurmCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void Merge_WritesAnArrayAndAJobThatFinishesIt()
    {
        CliResult result = Slurm("merge", "recipes/quickstart.yaml", _folder["out"], "--parts", "4", "--partition", "cpu", "--time",
            "1:00:00", "--shard-size", "1M", "--seed", "7");
        Assert.Equal((0, ""), (result.ExitCode, result.Talk));
        Assert.Equal(["finish.sbatch", "parts.sbatch", "submit.sh"], Scripts("out.slurm"));

        string parts = File.ReadAllText(_folder["out.slurm/parts.sbatch"]);
        Assert.Contains("#SBATCH --array=1-4\n", parts, StringComparison.Ordinal);
        Assert.Contains("#SBATCH --partition=cpu\n#SBATCH --time=1:00:00\n", parts, StringComparison.Ordinal);
        Assert.Matches(@"#SBATCH --mem=[3-9]\d\dM\n", parts);
        Assert.Contains($" {_folder["out"]} --shard-size 1M --seed 7 --part \"$SLURM_ARRAY_TASK_ID/4\" &\n", parts,
            StringComparison.Ordinal);
        Assert.Contains("--dependency=afterany:$id", File.ReadAllText(_folder["out.slurm/submit.sh"]), StringComparison.Ordinal);
        Assert.False(Directory.Exists(_folder["out"]));
    }

    [Fact]
    public void Merge_OfStagesWithASurvey_WritesAJobForEach()
    {
        string recipe = _folder["r.yaml"];
        string models = Path.Combine(Cli.Repository, "recipes/quickstart");
        File.WriteAllText(recipe,
            $"name: first\nmerge_method: ties\nbase_model: {models}/base\nmodels: [{{model: {models}/math, parameters: {{weight: 1, "
            + $"density: 0.4}}}}, {{model: {models}/finance, parameters: {{weight: 1, density: 0.4}}}}]\n"
                + $"parameters: {{trim_scope: model}}\n---\nmerge_method: linear\nmodels: [{{model: first}}, {{model: {models}/math}}]\n"
                + $"parameters: {{weight: 1}}\n");
        Assert.Equal(0, Slurm("merge", recipe, _folder["out"], "--parts", "2", "--mem", "2G").ExitCode);
        Assert.Equal(["finish.sbatch", "first-finish.sbatch", "first-parts.sbatch", "first-survey.sbatch", "parts.sbatch", "submit.sh"],
            Scripts("out.slurm"));
        Assert.Contains("#SBATCH --mem=2048M\n", File.ReadAllText(_folder["out.slurm/first-survey.sbatch"]), StringComparison.Ordinal);
        Assert.Contains("--stage first --survey 1/1 &\n", File.ReadAllText(_folder["out.slurm/first-survey.sbatch"]),
            StringComparison.Ordinal);
    }

    [Fact]
    public void Merge_WhereSlurmRefuses_SaysWhereToSubmit()
    {
        if (OperatingSystem.IsWindows())
        {
            return; // Where Slurm does not run.
        }

        Directory.CreateDirectory(_folder["bin"]);
        File.WriteAllText(_folder["bin/sbatch"], "#!/bin/sh\necho 'sbatch: error: invalid partition' >&2\nexit 1\n");
        File.SetUnixFileMode(_folder["bin/sbatch"], UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        using Cli cli = Cli.Start(
            ["slurm", "merge", "recipes/quickstart.yaml", _folder["out"], "--parts", "2", "--submit"],
            ("PATH", $"{_folder["bin"]}:{Environment.GetEnvironmentVariable("PATH")}"));
        CliResult result = cli.Wait();
        Assert.Equal(ErrorCodes.JobsRefused.ExitCode, result.ExitCode);
        Assert.Contains("error MH5014", result.Talk, StringComparison.Ordinal);
        Assert.Contains("invalid partition", result.Talk, StringComparison.Ordinal);
        Assert.Contains($"hint: Run `{_folder["out.slurm"]}/submit.sh`", result.Talk, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--parts is missing")]
    [InlineData("--parts must be from 1 to 10000, found '0'", "--parts", "0")]
    [InlineData("--partition must be one word", "--parts", "2", "--partition", "a b")]
    public void Merge_WithWrongWords_SaysWhatIsWrong(string message, params string[] more)
    {
        CliResult result = Slurm(["merge", "recipes/quickstart.yaml", _folder["out"], .. more]);
        Assert.Equal(2, result.ExitCode);
        Assert.Contains(message, result.Talk, StringComparison.Ordinal);
    }

    [Fact]
    public void Merge_StatusOfWhatIsNotBegun_SaysSo()
    {
        CliResult result = Slurm("merge", "recipes/quickstart.yaml", _folder["out"], "--parts", "2", "--status");
        Assert.Equal(0, result.ExitCode);
        Assert.Contains("output: 0 of 2 parts are done", result.Output, StringComparison.Ordinal);
        Assert.Contains("1/2  not begun", result.Output, StringComparison.Ordinal);
        Assert.Equal(ErrorCodes.PartsMissing.ExitCode, Slurm("merge", "recipes/quickstart.yaml", _folder["out"], "--status").ExitCode);
    }

    [Fact]
    public void Merge_IntoAFolderWithSignsOfSlurm_KeepsLogsBesideTheScripts()
    {
        Assert.Equal(0, Slurm("merge", "recipes/quickstart.yaml", _folder["my %j out"], "--parts", "2").ExitCode);
        string parts = File.ReadAllText(_folder["my %j out.slurm/parts.sbatch"]);
        Assert.Contains("#SBATCH --output=parts-%a.log\n", parts, StringComparison.Ordinal);
        Assert.DoesNotContain("my %j out",
            string.Concat(parts.Split('\n').Where(line => line.StartsWith("#SBATCH", StringComparison.Ordinal))), StringComparison.Ordinal);
        Assert.Contains($" '{_folder["my %j out"]}' --part ", parts, StringComparison.Ordinal);
        Assert.Contains($"\ncd '{_folder["my %j out.slurm"]}'\n", File.ReadAllText(_folder["my %j out.slurm/submit.sh"]),
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("sweep study.yaml --part 1/2 --no-cache", "--part and --no-cache exclude each other")]
    [InlineData("sweep study.yaml --part 1/2 --html page.html", "--part and --html exclude each other")]
    [InlineData("sweep study.yaml --part 1/2 --write-best best.yaml", "--part and --write-best exclude each other")]
    [InlineData("merge a b --part 1/2 --html page.html", "--part and --html exclude each other")]
    [InlineData("merge a b --survey 1/2 --html page.html", "--survey and --html exclude each other")]
    public void Part_WithWhatOnlyTheWholeGives_IsRefused(string arguments, string message)
    {
        CliResult result = Cli.Run(arguments.Split(' '));
        Assert.Equal(2, result.ExitCode);
        Assert.Contains(message, result.Talk, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    private static CliResult Slurm(params string[] arguments) => Cli.Run(["slurm", .. arguments]);

    private IEnumerable<string?> Scripts(string folder) =>
        Directory.EnumerateFiles(_folder[folder]).Select(Path.GetFileName).Order(StringComparer.Ordinal);
}
