using MergeHost.Models;
using MergeHost.Planning;
using MergeHost.Plans;
using MergeHost.Plugins;
using MergeHost.Testing;
using MergeHost.Tests.Plugins;

namespace MergeHost.Tests.Planning;

/// <summary>A folder with tiny checkpoints and one recipe, which is planned with the plugins that were built here.</summary>
internal sealed class RecipeFolder : IDisposable
{
    private static readonly Lazy<PluginCatalog> _catalog = new(() => PluginCatalog.Scan([BuiltPlugins, PluginFolder.Fixtures]));

    private readonly TemporaryFolder _folder = new();

    /// <summary>The plugins that were built here.</summary>
    public static PluginCatalog Catalog => _catalog.Value;

    /// <summary>Creates what plugins export. They are loaded once for all tests; nothing of a test stays in them.</summary>
    public static PluginHost Host { get; } = new(PluginFolder.NoServices);

    private static string BuiltPlugins => File.ReadAllText(Path.Combine(AppContext.BaseDirectory, PluginRoots.PointerFile)).Trim();

    /// <summary>The path of something in the folder.</summary>
    public string this[string name] => _folder[name];

    /// <summary>Opens checkpoints by the plugins that were built here; the caller disposes it.</summary>
    public static ModelResolver Models() => new(new PluginSet(Catalog), Host);

    /// <summary>A recipe that averages models.</summary>
    public static string Linear(params string[] models)
    {
        IEnumerable<string> sources = models.Select(model => $"{{model: {model}, parameters: {{weight: 1}}}}");
        return $"merge_method: linear\nmodels: [{string.Join(", ", sources)}]\n";
    }

    /// <summary>A recipe that adds task vectors to a base.</summary>
    public static string TaskArithmetic(string @base, params string[] models) =>
        Linear(models).Replace("linear", "task_arithmetic", StringComparison.Ordinal) + $"base_model: {@base}\n";

    /// <summary>Writes a checkpoint that recipes name by the folder's name.</summary>
    public RecipeFolder Add(string name, TinyCheckpoint checkpoint)
    {
        checkpoint.Write(_folder[name]);
        return this;
    }

    /// <summary>Plans a recipe that must be sound.</summary>
    public MergePlan Plan(string recipe, MergeOptions? options = null)
    {
        using PlanSession session = Open(recipe);
        return session.Plan(_folder["out"], options ?? new MergeOptions());
    }

    /// <summary>Plans a recipe that must not be sound.</summary>
    /// <returns>What is wrong, without the warnings.</returns>
    public IReadOnlyList<Problem> Errors(string recipe, MergeOptions? options = null)
    {
        using PlanSession session = Open(recipe);
        MergeHostException exception = Assert.Throws<MergeHostException>(
            () => session.Plan(_folder["out"], options ?? new MergeOptions()));
        return [.. exception.Problems.Where(problem => problem.Severity == Severity.Error)];
    }

    /// <summary>Plans a recipe in which just one thing must be wrong.</summary>
    public Problem Error(string recipe) => Assert.Single(Errors(recipe));

    public void Dispose() => _folder.Dispose();

    /// <summary>Writes a file.</summary>
    /// <returns>Its path.</returns>
    public string Write(string name, string text)
    {
        File.WriteAllText(_folder[name], text);
        return _folder[name];
    }

    /// <summary>Opens a recipe; the caller disposes it.</summary>
    public PlanSession Open(string recipe) => new(Write("recipe.yaml", recipe), Catalog, Host);
}
