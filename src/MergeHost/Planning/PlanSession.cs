using MergeHost.Models;
using MergeHost.Planning.Windows;
using MergeHost.Plans;
using MergeHost.Plugins;
using MergeHost.Plugins.Metadata;
using MergeHost.Recipes;
using MergeHost.Recipes.Reading;
using MergeHost.Reports;
using MergeHost.Storage.Text;

namespace MergeHost.Planning;

/// <summary>A recipe with the plugins that it works with, and the models that it opens; the models stay open as long as it lives.</summary>
internal sealed class PlanSession : IDisposable
{
    private readonly List<Problem> _problems = [];
    private readonly PluginHost _host;
    private readonly PluginLock? _lock;
    private readonly ModelResolver _models;
    private readonly SuiteCheck? _suites;

    /// <param name="recipePath">The recipe.</param>
    /// <param name="catalog">What is installed.</param>
    /// <param name="host">Creates what the recipe uses.</param>
    /// <param name="text">The recipe's text, or <see langword="null"/> to read the file.</param>
    /// <param name="suites">Checks the suite that the recipe names.</param>
    /// <exception cref="MergeHostException">The lock file cannot be read.</exception>
    public PlanSession(string recipePath, PluginCatalog catalog, PluginHost host, string? text = null, SuiteCheck? suites = null)
        : this((problems, builders) => text is null
            ? RecipeReader.Read(recipePath, problems, builders)
            : RecipeReader.Read(recipePath, text, problems, builders), catalog, host, suites)
    {
    }

    /// <param name="path">The file that the recipe stands in.</param>
    /// <param name="stage">The recipe.</param>
    /// <param name="catalog">What is installed.</param>
    /// <param name="host">Creates what the recipe uses.</param>
    /// <exception cref="MergeHostException">The lock file cannot be read.</exception>
    public PlanSession(string path, YamlMapping stage, PluginCatalog catalog, PluginHost host)
        : this((problems, builders) => RecipeReader.Read(path, stage, problems, builders), catalog, host, null)
    {
    }

    private PlanSession(Func<List<Problem>, IReadOnlyList<PluginExport>, Recipe> read, PluginCatalog catalog, PluginHost host,
        SuiteCheck? suites)
    {
        _host = host;
        _suites = suites;
        Recipe = read(_problems, [.. catalog.Exports(ExportKind.Builder).Select(installed => installed.Export)]);
        _lock = PluginLock.Read(PluginLock.PathFor(Recipe.Path));
        Plugins = new PluginSet(catalog, Requirements(), _lock);
        _problems.AddRange(Plugins.Problems);
        _models = new ModelResolver(Plugins, host);
        Recipe = new WindowFinder(Recipe, _models.Stores, _problems).Expand();
    }

    /// <summary>The recipe.</summary>
    public Recipe Recipe { get; }

    /// <summary>The tasks of the suite that the recipe names, once it was planned; none without one.</summary>
    public IReadOnlyList<SuiteTaskSummary> Suite { get; private set; } = [];

    /// <summary>The plugins that the recipe may use.</summary>
    public PluginSet Plugins { get; }

    /// <summary>Whether the recipe can be read and names no suite: known before it is planned.</summary>
    public bool NamesNoSuite => Recipe.SuitePath is null && !HasErrors;

    /// <summary>The plugins that the recipe uses, once it is planned.</summary>
    public IReadOnlyList<PluginInfo> UsedPlugins => Plugins.Used;

    /// <summary>The models of stores that the recipe names, in the revisions that they are, once it is planned.</summary>
    public IEnumerable<LockedModel> UsedModels => _models.Stores.Found.Select(model => new LockedModel(model.Key, model.Value));

    /// <summary>Plans the recipe.</summary>
    /// <param name="output">The folder of the output.</param>
    /// <param name="options">How it is to be carried out.</param>
    /// <exception cref="MergeHostException">Something is wrong with the recipe, a model or a plugin; all of it is told.</exception>
    public MergePlan Plan(string output, MergeOptions options)
    {
        if (options.Locked && _lock is not null)
        {
            _models.Stores.Pins = _lock.Models.ToDictionary(model => model.Name, model => model.Origin);
        }

        MergePlan plan = new MergePlanner(Recipe, Plugins, _host, _models, options, _problems).Plan(output);
        CheckSuite();
        if (options.Locked)
        {
            _problems.AddRange(_lock is null ? [NoLock()] : [.. _lock.Compare(Plugins.Used), .. _lock.Compare(_models.Stores.Found.Keys)]);
        }

        return HasErrors
            ? throw new MergeHostException([.. _problems.Distinct()])
            : plan;
    }

    /// <summary>Opens a model that the recipe names.</summary>
    /// <exception cref="MergeHostException">The model is not there, or cannot be opened.</exception>
    public InputModel Open(ModelReference model) => _models.Resolve(model, Recipe.Path);

    public void Dispose() => _models.Dispose();

    private bool HasErrors => _problems.Exists(problem => problem.Severity == Severity.Error);

    private void CheckSuite()
    {
        if (Recipe.SuitePath is not { } path)
        {
            return;
        }

        try
        {
            Suite = _suites?.Invoke(path, [], Plugins, _host) ?? [];
        }
        catch (MergeHostException exception)
        {
            _problems.AddRange(exception.Problems);
        }
    }

    private Problem NoLock() => new(ErrorCodes.PluginLock, $"{PluginLock.PathFor(Recipe.Path)}: there is no lock file",
        $"Write it with `mergehost plugins lock {Recipe.Path}`.");

    private List<PluginRequirement> Requirements()
    {
        List<PluginRequirement> requirements = [];
        foreach (YamlScalar uses in Recipe.Stages.SelectMany(stage => stage.Uses))
        {
            if (PluginRequirement.TryParse(uses.Text, out PluginRequirement? requirement, out string? error))
            {
                requirements.Add(requirement with { Place = uses.Place });
            }
            else
            {
                _problems.Add(new Problem(ErrorCodes.WrongType, error, "Write `uses: [ties@^1.2]`.", uses.Place));
            }
        }

        return requirements;
    }
}
