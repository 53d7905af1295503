using MergeHost.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace MergeHost.Cli.Tests;

/// <summary>Every recipe of the repository, merged as its users type it; what comes of it is looked at in this process.</summary>
public sealed class RepositoryRecipeTests(RepositoryRecipeTests.Engine engine) : IClassFixture<RepositoryRecipeTests.Engine>, IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string> Recipes =>
        [.. Directory.EnumerateFiles(Path.Combine(Cli.Repository, "recipes"), "*.yaml").Select(path => Path.GetFileName(path)).Order()];

    [Theory]
    [MemberData(nameof(Recipes))]
    public void Merge_OfEveryRecipeOfTheRepository_MakesAnOutputThatIsWhole(string recipe)
    {
        CliResult merge = Cli.Run("merge", $"recipes/{recipe}", _folder["out"]);
        Assert.Equal(0, merge.ExitCode);
        Assert.DoesNotContain("warning", merge.Talk, StringComparison.Ordinal);
        Assert.Contains($"inspect {_folder["out"]}", merge.Output, StringComparison.Ordinal);
        Assert.Empty(engine.Value.Verify(_folder["out"]));
        Assert.NotEmpty(engine.Value.Inspect(_folder["out"]).Tensors);
    }

    public void Dispose() => _folder.Dispose();

    /// <summary>The engine of all tests of the class, whose plugins are loaded once.</summary>
    public sealed class Engine : IDisposable
    {
        public MergeEngine Value { get; } = new(new ServiceCollection().BuildServiceProvider());

        public void Dispose() => Value.Dispose();
    }
}
