using System.Globalization;
using System.Text;
using MergeHost.Activations;
using MergeHost.Architectures;
using MergeHost.Authoring;
using MergeHost.Checkpoints;
using MergeHost.Comparing;
using MergeHost.Devices;
using MergeHost.Loading;
using MergeHost.Models;
using MergeHost.Output;
using MergeHost.Planning;
using MergeHost.Planning.Names;
using MergeHost.Plans;
using MergeHost.Plugins;
using MergeHost.Recipes;
using MergeHost.Reports;
using MergeHost.Running;
using MergeHost.Running.Records;
using MergeHost.Runtimes;
using MergeHost.Scoring;
using MergeHost.Selecting;
using MergeHost.Storage;
using MergeHost.Stores;
using MergeHost.Storing;
using MergeHost.Summaries;
using MergeHost.Timing;

namespace MergeHost;

/// <summary>Merges checkpoints by recipes: the whole of MergeHost behind one type.</summary>
/// <remarks>
/// Plugins are looked for when they are first needed, and loaded when they are first used. One call at a time. Errors that the user can
/// mend are thrown as <see cref="MergeHostException"/>, with all of them that could be found.
/// </remarks>
/// <param name="services">What the constructors of plugins may ask for, loggers for example.</param>
/// <param name="pluginsPath">A folder of plugins that goes before all others, or <see langword="null"/>.</param>
public sealed partial class MergeEngine(IServiceProvider services, string? pluginsPath = null) : IDisposable
{
    // Where a recipe's path would stand in problems.
    private const string ConversionName = "conversion";

    private readonly PluginHost _host = new(services);
    private readonly Lazy<PluginCatalog> _catalog = new(() => Scan(pluginsPath));

    /// <summary>Checks the suites that recipes name; <see langword="null"/> where nothing can measure by them.</summary>
    internal SuiteCheck? Suites { get; set; }

    /// <summary>What is installed.</summary>
    internal PluginCatalog Catalog => _catalog.Value;

    /// <summary>The bundled exports in whose place others are taken, as warnings; none as long as no plugin was looked for.</summary>
    internal IReadOnlyList<Problem> Shadowing =>
        _catalog.IsValueCreated ? _catalog.Value.Shadowing(PluginRoots.Bundled(AppContext.BaseDirectory)) : [];

    /// <summary>Creates what plugins export.</summary>
    internal PluginHost Host => _host;

    /// <summary>Runs a recipe; goes on with it if an earlier run was stopped, and does nothing if it is done.</summary>
    /// <param name="recipePath">The recipe.</param>
    /// <param name="output">The folder that the result is written to, or the file, in a format that is one.</param>
    /// <param name="options">How it is carried out.</param>
    /// <param name="warnings">Told what is worth knowing before any data is read, and what is odd about the result.</param>
    /// <param name="progress">Told of the progress now and then, from any thread.</param>
    /// <param name="finishing">
    /// Called with what was made, now or by an earlier run, before the marks of an unfinished run are removed: files that it adds to the
    /// output are there in every output that looks finished. A run that is killed in it calls it again.
    /// </param>
    /// <param name="cancellation">Asks to stop; what is done is kept.</param>
    /// <returns>What was made, from what, with what.</returns>
    /// <exception cref="MergeHostException">Something is wrong with the recipe, a model, a plugin or the output.</exception>
    /// <exception cref="OperationCanceledException">Stopped.</exception>
    public MergeManifest Merge(
        string recipePath, string output, MergeOptions options, Action<Problem>? warnings = null, IProgress<MergeProgress>? progress = null,
        Action<MergeManifest>? finishing = null, CancellationToken cancellation = default)
    {
        using PlanSession session = Open(recipePath);
        return Run(session, output, options, warnings, progress, cancellation, finishing);
    }

    /// <summary>Stores a checkpoint in another format, or in other types: a merge of one model that changes nothing else.</summary>
    /// <param name="input">The checkpoint: a file or folder.</param>
    /// <param name="output">The folder that the result is written to, or the file, in a format that is one.</param>
    /// <param name="format">The id of the format.</param>
    /// <param name="type">The type of the weights in the format's own words, or <see langword="null"/> to keep types.</param>
    /// <param name="importance">A file that tells what each input of a weight matters, or <see langword="null"/>.</param>
    /// <param name="options">How it is carried out.</param>
    /// <param name="warnings">Told what is worth knowing before any data is read, and what is odd about the result.</param>
    /// <param name="progress">Told of the progress now and then, from any thread.</param>
    /// <param name="packing">The packing of the weights, <c>none</c> for plain ones, or
    /// <see langword="null"/> to keep what there is.</param>
    /// <param name="cancellation">Asks to stop; what is done is kept.</param>
    /// <returns>What was made, from what, with what.</returns>
    /// <exception cref="MergeHostException">Something is wrong with the checkpoint, the format, the type or the output.</exception>
    /// <exception cref="OperationCanceledException">Stopped.</exception>
    public MergeManifest Convert(
        string input, string output, string format, string? type, string? importance, MergeOptions options,
        Action<Problem>? warnings = null,
        IProgress<MergeProgress>? progress = null, string? packing = null, CancellationToken cancellation = default) =>
        RunText($"merge_method: passthrough\nmodels: [{{model: {Quoted(input)}}}]\n" + Output(format, type)
            + (importance is null ? "" : $"out_imatrix: {Quoted(importance)}\n") + (packing is null
                ? ""
                : $"output: {{packing: {Quoted(packing)}}}\n"), output, options, warnings, progress, cancellation);

    /// <summary>The format that a conversion means without saying so: that of the output's
    /// name, or the only one that has the type.</summary>
    /// <param name="output">The folder or file that is to be written.</param>
    /// <param name="type">The type of the weights, or <see langword="null"/>.</param>
    /// <exception cref="MergeHostException">MH1006: neither tells it.</exception>
    public string FormatOf(string output, string? type) => FormatGuess.Of(output, type, Catalog, _host);

    /// <summary>Stores an adapter in another format, with its scales folded into its factors.</summary>
    /// <param name="input">The adapter: a folder or file.</param>
    /// <param name="base">The model that it was trained on, whose configuration says what formats beside PEFT's
    /// must know; or <see langword="null"/>.</param>
    /// <inheritdoc cref="Convert"/>
    public MergeManifest ConvertAdapter(
        string input, string? @base, string output, string format, string? type, MergeOptions options, Action<Problem>? warnings = null,
        IProgress<MergeProgress>? progress = null, CancellationToken cancellation = default) =>
        RunText($"build: {{lora: {{adapters: [{{model: {Quoted(input)}}}]{(@base is null ? "" : $", base: {Quoted(@base)}")}}}}}\n"
            + Output(format, type),
            output, options, warnings, progress, cancellation);

    /// <summary>Whether a name is that of an adapter on this machine, and what it says of its base.</summary>
    /// <param name="name">A file or folder.</param>
    /// <param name="base">The name of the base, or <see langword="null"/> if the adapter says none.</param>
    public bool IsAdapter(string name, out string? @base)
    {
        @base = null;
        if (!Path.Exists(name))
        {
            return false;
        }

        using ModelResolver models = new(new PluginSet(Catalog), _host);
        InputModel model = models.Open(name);
        @base = model.ReadJson("adapter_config.json").Find("base_model_name_or_path").AsText();
        return AdapterNames.Find(model) is not null;
    }

    /// <summary>Makes an adapter of what training changed in a model.</summary>
    /// <param name="base">The model before training.</param>
    /// <param name="tuned">The model after it.</param>
    /// <param name="output">The folder that the adapter is written to.</param>
    /// <param name="request">What is asked for.</param>
    /// <param name="options">How it is carried out.</param>
    /// <param name="warnings">Told what is worth knowing before any data is read, and what is odd about the result.</param>
    /// <param name="progress">Told of the progress now and then, from any thread.</param>
    /// <param name="cancellation">Asks to stop; what is done is kept.</param>
    /// <returns>What was made; of each module's left factor the figures tell rank and residual.</returns>
    /// <exception cref="MergeHostException">The models do not belong together, or the output cannot be written.</exception>
    /// <exception cref="OperationCanceledException">Stopped.</exception>
    public MergeManifest Extract(
        string @base, string tuned, string output, ExtractRequest request, MergeOptions options, Action<Problem>? warnings = null,
        IProgress<MergeProgress>? progress = null, CancellationToken cancellation = default)
    {
        ComparisonReport compared = Compare([@base, tuned], null, options, null, progress, cancellation);
        string[] unchanged = [.. compared.Pairs[0].Tensors.Where(tensor => tensor.Distance.L2 == 0).Select(tensor => tensor.Name)];
        List<string> settings = [$"tuned: {Quoted(tuned)}", $"rank: {request.Rank ?? ExtractRequest.UsualRank}"];
        if (request.Energy is not null || request.NoiseEdge)
        {
            ScorerSetting rule = request.NoiseEdge ? new ScorerSetting("lora_rank", "noise_edge", "true")
                : new ScorerSetting("lora_rank", "energy", request.Energy!.Value.ToString("R", CultureInfo.InvariantCulture));
            ScoreReport ranks = Score(@base, tuned, new ScoreRequest(["lora_rank"], [rule]), options, null, progress, cancellation);
            settings.Add($"ranks: [{string.Join(", ", ranks.Tensors.Where(tensor => tensor.Scores.Count > 0)
                .Select(tensor => $"{{tensor: {Quoted(tensor.Name)}, "
                    + $"rank: {Math.Min((int)tensor.Scores["lora_rank"].Value, request.Rank ?? int.MaxValue)}}}"))}]");
        }

        settings.AddRange(new[] { (request.IsExact, "exact"), (request.IsDora, "dora"), (request.KeepsEmbeddingsWhole, "whole_embeddings") }
            .Where(flag => flag.Item1).Select(flag => $"{flag.Item2}: true"));
        settings.AddRange(unchanged.Length == 0 ? [] : [$"unchanged: [{string.Join(", ", unchanged.Select(Quoted))}]"]);
        return RunText($"base_model: {Quoted(@base)}\nbuild:\n  extract:\n{string.Concat(settings.Select(setting => $"    {setting}\n"))}",
            output, options, warnings, progress, cancellation);
    }

    /// <summary>Puts a donor's vocabulary onto a model, by the alignment <c>transplant</c>: a merge of one model.</summary>
    /// <param name="input">The model: a file or folder.</param>
    /// <param name="donor">The model whose vocabulary is taken.</param>
    /// <param name="output">The folder that the result is written to.</param>
    /// <param name="settings">The alignment's other options by their names in recipes.</param>
    /// <param name="options">How it is carried out.</param>
    /// <param name="warnings">Told what is worth knowing before any data is read, and what is odd about the result.</param>
    /// <param name="progress">Told of the progress now and then, from any thread.</param>
    /// <param name="cancellation">Asks to stop; what is done is kept.</param>
    /// <returns>What was made, from what, with what.</returns>
    /// <exception cref="MergeHostException">Something is wrong with a model, an option or the output.</exception>
    /// <exception cref="OperationCanceledException">Stopped.</exception>
    public MergeManifest Transplant(
        string input, string donor, string output, IReadOnlyDictionary<string, string> settings, MergeOptions options,
        Action<Problem>? warnings = null,
        IProgress<MergeProgress>? progress = null, CancellationToken cancellation = default)
    {
        string more = string.Concat(settings.Select(setting => $", {setting.Key}: {Quoted(setting.Value)}"));
        return RunText(
            $"merge_method: passthrough\nmodels: [{{model: {Quoted(input)}}}]\nalign: [{{transplant: {{donor: {Quoted(donor)}{more}}}}}]\n",
            output, options, warnings, progress, cancellation);
    }

    /// <summary>Takes statistics of what the weights of a model are multiplied with while it
    /// reads a text, and writes them to a file.</summary>
    /// <param name="checkpoint">The model: a file or folder.</param>
    /// <param name="text">The text, a file in UTF-8.</param>
    /// <param name="output">The file that is written: <c>NAME.safetensors</c>.</param>
    /// <param name="request">What is asked for.</param>
    /// <param name="options">Where the model runs, and how much memory statistics may take; the model comes on top.</param>
    /// <param name="progress">Told of the progress, from any thread.</param>
    /// <param name="cancellation">Asks to stop; nothing is kept.</param>
    /// <exception cref="MergeHostException">The model cannot be run, the text is none, or the file cannot be written.</exception>
    /// <exception cref="OperationCanceledException">Stopped.</exception>
    public StatisticsSummary TakeStatistics(
        string checkpoint, string text, string output, StatisticsRequest request, MergeOptions options,
        IProgress<MergeProgress>? progress = null,
        CancellationToken cancellation = default) =>
            new ActivationRunner(new PluginSet(Catalog), _host, request, options, progress, cancellation).Run(checkpoint, text, output);

    /// <summary>Finds out what a recipe would do.</summary>
    /// <remarks>Where scores choose what is merged, tensors are read to tell which, unless an earlier stage makes them.</remarks>
    /// <param name="recipePath">The recipe.</param>
    /// <param name="options">How it would be carried out.</param>
    /// <param name="progress">Told of the progress of scoring, from any thread.</param>
    /// <param name="cancellation">Asks to stop.</param>
    /// <exception cref="MergeHostException">Something is wrong with the recipe, a model or a plugin.</exception>
    /// <exception cref="OperationCanceledException">Stopped.</exception>
    public PlanSummary Plan(
        string recipePath, MergeOptions options, IProgress<MergeProgress>? progress = null, CancellationToken cancellation = default)
    {
        using PlanSession session = Open(recipePath);
        MergePlan plan = session.Plan(Path.GetTempPath(), options);
        return PlanSummarizer.Of(plan with { Stages = [.. plan.Stages.Select(Chosen)] }, options) with { Suite = session.Suite };

        StagePlan Chosen(StagePlan stage) =>
            stage.Selection?.CanScore == true ? SelectionRunner.Choose(stage, options, progress, cancellation) : stage;
    }

    /// <summary>Reads what a checkpoint's headers tell.</summary>
    /// <param name="path">A file or folder.</param>
    /// <exception cref="MergeHostException">There is no such checkpoint, or it cannot be opened.</exception>
    public CheckpointSummary Inspect(string path)
    {
        using ModelResolver models = new(new PluginSet(Catalog), _host);
        return CheckpointSummarizer.Of(models.Open(path), models.Warnings);
    }

    /// <summary>Scores what training changed.</summary>
    /// <param name="base">The model before it: a file or folder.</param>
    /// <param name="adapted">The model after it.</param>
    /// <param name="request">By which scorers.</param>
    /// <param name="options">How it is carried out.</param>
    /// <param name="warnings">Told what is worth knowing before any data is read.</param>
    /// <param name="progress">Told of the progress, from any thread.</param>
    /// <param name="cancellation">Asks to stop; with a cache, singular values that were found are kept.</param>
    /// <exception cref="MergeHostException">There is no such model or scorer, the models do not
    /// belong together, or a scorer fails.</exception>
    /// <exception cref="OperationCanceledException">Stopped.</exception>
    public ScoreReport Score(
        string @base, string adapted, ScoreRequest request, MergeOptions options, Action<Problem>? warnings = null,
        IProgress<MergeProgress>? progress = null, CancellationToken cancellation = default)
    {
        PluginSet plugins = new(Catalog);
        using ModelResolver models = new(plugins, _host);
        List<Problem> problems = [];
        AuxiliaryModels auxiliaries = new(reference => models.Open(reference.Name), problems);
        IReadOnlyList<BoundScorer> scorers = RequestedScorers.Bind(request, plugins, _host, auxiliaries.Open, problems);
        if (request.Validation is { } validation)
        {
            // A mistake there is told before the work, not after it.
            Suites?.Invoke(validation.SuitePath, validation.Tasks, plugins, _host);
        }

        InputModel before = models.OpenChanged(@base, null);
        IReadOnlyList<ScorePair> pairs = PairMapper.Map(before, models.OpenChanged(adapted, before.IsChange ? null : @base));
        models.Warnings.ForEach(warning => warnings?.Invoke(warning));
        IReadOnlyList<LayerScore[]> rows = new ScoreRunner(scorers, options, progress, cancellation).Run(pairs);
        return ScoreSummarizer.Of(@base, adapted, scorers, pairs, rows);
    }

    /// <summary>Measures how far checkpoints are from each other; adapters by themselves are
    /// compared by what they change in a base.</summary>
    /// <param name="checkpoints">Two or more, of one architecture: files or folders.</param>
    /// <param name="base">The checkpoint they were trained on from, for their task vectors, or <see langword="null"/>.</param>
    /// <param name="options">How it is carried out.</param>
    /// <param name="warnings">Told what is worth knowing before any data is read.</param>
    /// <param name="progress">Told of the progress, from any thread.</param>
    /// <param name="cancellation">Asks to stop.</param>
    /// <exception cref="MergeHostException">A checkpoint is not there, or they do not belong together.</exception>
    /// <exception cref="OperationCanceledException">Stopped.</exception>
    public ComparisonReport Compare(
        IReadOnlyList<string> checkpoints, string? @base, MergeOptions options, Action<Problem>? warnings = null,
        IProgress<MergeProgress>? progress = null, CancellationToken cancellation = default)
    {
        using ModelResolver models = new(new PluginSet(Catalog), _host);
        IEnumerable<string> others = @base is null ? checkpoints : checkpoints.Where(path => RealPath.Of(path) != RealPath.Of(@base));
        List<InputModel> opened = [.. others.Select(path => models.OpenChanged(path, @base))];
        opened.InsertRange(0, @base is null ? [] : [models.Open(@base)]);
        if (opened.Count < 2)
        {
            throw new MergeHostException([new Problem(ErrorCodes.SourceCount,
                $"'{opened[0].Name}' is the base, and there is no other checkpoint", "Name another checkpoint.")]);
        }

        if (opened.Find(model => model.IsChange) is { } adapter && opened.Find(model => !model.IsChange) is { } whole)
        {
            throw new MergeHostException([new Problem(ErrorCodes.SourceCount,
                $"'{adapter.Name}' is an adapter, and '{whole.Name}' is a model", "Name the adapter's base by --base.")]);
        }

        models.Warnings.ForEach(warning => warnings?.Invoke(warning));
        return new CompareRunner(opened, hasBase: @base is not null).Run(options, progress, cancellation);
    }

    /// <summary>How far an output is from the model whose configuration it has; both are read.</summary>
    /// <exception cref="MergeHostException">The two do not belong together: layers were stacked,
    /// or the model is an earlier stage.</exception>
    /// <exception cref="OperationCanceledException">Stopped.</exception>
    internal PairComparison CompareWithDonor(
        string recipePath, MergeManifest manifest, string output, MergeOptions options, IProgress<MergeProgress>? progress,
        CancellationToken cancellation)
    {
        using ModelResolver models = new(new PluginSet(Catalog), _host);
        InputModel donor = models.Resolve(new ModelReference(manifest.Stages[^1].Donor, new TextPlace(recipePath, 1, 1)), recipePath);
        return new CompareRunner([donor, models.Open(output)], hasBase: false).Run(options, progress, cancellation).Pairs[0];
    }

    /// <summary>Writes the card of an output, <c>README.md</c>, with what the cards of its models say of licence and language.</summary>
    /// <param name="recipePath">The recipe that made it.</param>
    /// <param name="output">The folder; beside a single file, no card is written.</param>
    /// <param name="manifest">What was made, with its evaluation if there is one.</param>
    /// <returns>The file that somebody else wrote, the card or the licences beside it, where that stays and nothing is written;
    /// <see langword="null"/> if all is well.</returns>
    /// <exception cref="MergeHostException">It cannot be written.</exception>
    public string? WriteCard(string recipePath, string output, MergeManifest manifest)
    {
        string path = Path.Combine(output, ModelCard.FileName);
        string licensesPath = Path.Combine(output, CardWriter.LicensesName);
        try
        {
            if (!Directory.Exists(output))
            {
                return null;
            }

            if (!CardWriter.MayReplace(path))
            {
                return path;
            }

            using PlanSession session = Open(recipePath);
            using ModelResolver models = new(new PluginSet(Catalog), _host);
            (string card, string? licenses) = CardWriter.Write(manifest, CardSources.Of(session.Recipe, manifest, models));
            if (licenses is not null)
            {
                if (!CardWriter.MayReplace(licensesPath))
                {
                    return licensesPath;
                }

                DurableFile.Write(licensesPath, Encoding.UTF8.GetBytes(licenses));
            }

            // The last to be written, so that a run that was killed here is known.
            DurableFile.Write(path, Encoding.UTF8.GetBytes(card));
            return null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw OutputException.WriteFailed(path, exception);
        }
    }

    /// <summary>Compares an output with its manifest, byte by byte.</summary>
    /// <param name="output">What a merge wrote: a folder, or a file.</param>
    /// <param name="progress">Told of the progress.</param>
    /// <param name="cancellation">Asks to stop.</param>
    /// <returns>What differs; nothing if the output is what was made.</returns>
    /// <exception cref="MergeHostException">There is no manifest that can be read.</exception>
    public IReadOnlyList<Problem> Verify(string output, IProgress<MergeProgress>? progress = null,
        CancellationToken cancellation = default) =>
        new Verifier(new PluginSet(Catalog), _host).Verify(output, progress, cancellation);

    /// <summary>Brings a checkpoint of a store to this machine, where other programs find it too.</summary>
    /// <param name="name">The checkpoint, such as <c>org/name@revision</c>.</param>
    /// <param name="isWhole">Whether every file is wanted, rather than what a merge reads and the small files beside it.</param>
    /// <param name="warnings">Told what is odd about the checkpoint.</param>
    /// <param name="progress">Told of the progress, from any thread.</param>
    /// <param name="cancellation">Asks to stop; what came is kept.</param>
    /// <exception cref="MergeHostException">There is no such checkpoint, or it cannot be had.</exception>
    /// <exception cref="OperationCanceledException">Stopped.</exception>
    public DownloadSummary Download(
        string name, bool isWhole, Action<Problem>? warnings = null, IProgress<MergeProgress>? progress = null,
        CancellationToken cancellation = default) =>
        new Downloader(new PluginSet(Catalog), _host).Run(name, isWhole, warnings, progress, cancellation);

    /// <summary>Lists the copies of checkpoints that stores keep on this machine.</summary>
    /// <exception cref="MergeHostException">No store keeps any, or they cannot be read.</exception>
    public CacheSummary ListCopies() => Cache.List();

    /// <inheritdoc cref="ICheckpointCache.Prune"/>
    /// <exception cref="MergeHostException">A name is not there, or something cannot be removed.</exception>
    public IReadOnlyList<RemovedCopy> PruneCopies(IReadOnlyList<string> names, bool detached = false, bool isTrial = false) =>
        Cache.Prune(names, detached, isTrial);

    /// <summary>Compares copies with their digests.</summary>
    /// <param name="names">The checkpoints; none for all.</param>
    /// <param name="removes">Whether damaged files are removed, so that they are fetched again.</param>
    /// <param name="progress">Told of the progress.</param>
    /// <param name="cancellation">Asks to stop.</param>
    /// <returns>The files that are not what they were.</returns>
    /// <exception cref="MergeHostException">A name is not there, or a file cannot be read or removed.</exception>
    public IReadOnlyList<Problem> VerifyCopies(
        IReadOnlyList<string> names, bool removes = false, IProgress<MergeProgress>? progress = null,
        CancellationToken cancellation = default) =>
        Cache.Verify(names, removes, progress, cancellation);

    /// <summary>Pushes an output to a store: what its manifest lists, and its card.</summary>
    /// <param name="output">What a merge wrote, a folder or a file; or a folder with a model that has no manifest.</param>
    /// <param name="name">The name that it gets, such as <c>org/name</c>.</param>
    /// <param name="options">How.</param>
    /// <param name="tell">Told what is being done, in a line.</param>
    /// <param name="progress">Told of the progress, from any thread.</param>
    /// <param name="cancellation">Asks to stop; what was sent is not sent again the next time.</param>
    /// <exception cref="MergeHostException">The output is not to be pushed, or the store refuses.</exception>
    /// <exception cref="OperationCanceledException">Stopped.</exception>
    public PublishedCheckpoint Push(
        string output, string name, PublishOptions options, Action<string>? tell = null, IProgress<MergeProgress>? progress = null,
        CancellationToken cancellation = default) =>
        new Publisher(new PluginSet(Catalog), _host, options, tell ?? (_ => { })).Run(output, name, progress, cancellation);

    /// <summary>Loads a model to run: a checkpoint, or a recipe, which is merged in memory and never written.</summary>
    /// <param name="path">The checkpoint, or the recipe (<c>.yaml</c>).</param>
    /// <param name="options">How a merge is carried out, and where the model runs.</param>
    /// <param name="warnings">Told what is worth knowing of the recipe.</param>
    /// <param name="cancellation">Asks to stop.</param>
    /// <returns>The model; the caller disposes it.</returns>
    /// <exception cref="MergeHostException">Something is wrong with the model, the recipe or a plugin.</exception>
    /// <exception cref="OperationCanceledException">Stopped.</exception>
    public ILanguageModel Load(string path, MergeOptions options, Action<Problem>? warnings = null,
        CancellationToken cancellation = default) =>
        new ModelLoader(Catalog, _host, options, warnings ?? (_ => { })).Load(path, cancellation);

    /// <summary>The plugins that are installed, by id and version; none is loaded.</summary>
    public PluginsSummary ListPlugins() => PluginSummarizer.Of(Catalog);

    /// <summary>Describes a plugin, or a single export of one, with its parameters; loads the plugin.</summary>
    /// <param name="id">The id of a plugin or of an export.</param>
    /// <exception cref="MergeHostException">Nothing of that id is installed, or the plugin cannot be loaded.</exception>
    public IReadOnlyList<ExportSummary> ShowPlugin(string id) => PluginSummarizer.Find(id, Catalog, _host);

    /// <summary>Describes all strategies that are installed: formula, evidence, limits, cost; loads their plugins.</summary>
    /// <exception cref="MergeHostException">A plugin cannot be loaded.</exception>
    public IReadOnlyList<ExportSummary> ListStrategies() => PluginSummarizer.Strategies(Catalog, _host);

    /// <summary>Describes a strategy: formula, evidence, limits, cost; loads its plugin.</summary>
    /// <param name="id">Its name in recipes.</param>
    /// <exception cref="MergeHostException">No strategy of that name is installed, or the plugin cannot be loaded;
    /// a name of the field is explained.</exception>
    public ExportSummary ExplainStrategy(string id) => PluginSummarizer.Strategy(id, Catalog, _host);

    /// <summary>The JSON Schema of recipes, with the parameters of everything that is installed; loads the plugins.</summary>
    /// <exception cref="MergeHostException">A plugin cannot be loaded.</exception>
    public string RecipeSchema() =>
        Authoring.RecipeSchema.Of(Catalog, _host).ToJsonString(new System.Text.Json.JsonSerializerOptions { WriteIndented = true });

    /// <summary>Drafts a recipe with a comment for each parameter; loads the strategy's plugin.</summary>
    /// <param name="method">The strategy.</param>
    /// <param name="models">The models to merge, as the recipe is to name them.</param>
    /// <param name="base">The base, or <see langword="null"/>.</param>
    /// <exception cref="MergeHostException">There is no such strategy, or it merges another number of models.</exception>
    public string DraftRecipe(string method, IReadOnlyList<string> models, string? @base) =>
        RecipeDraft.Write(method, models, @base, Catalog, _host);

    /// <summary>Writes the lock file of a recipe: the plugins that it uses now, byte for byte.</summary>
    /// <param name="recipePath">The recipe.</param>
    /// <returns>The path of the lock file.</returns>
    /// <exception cref="MergeHostException">Something is wrong with the recipe, a model or a plugin.</exception>
    public string LockPlugins(string recipePath)
    {
        using PlanSession session = Open(recipePath);
        session.Plan(Path.GetTempPath(), new MergeOptions());
        string path = PluginLock.PathFor(recipePath);
        (PluginLock.Read(path) ?? PluginLock.Empty).With(session.UsedPlugins, session.UsedModels).Write(path);
        return path;
    }

    /// <summary>The device of a name.</summary>
    /// <param name="name"><c>cpu</c>, <c>torch-cpu</c>, <c>cuda</c>, <c>cuda:N</c>, or <c>auto</c> for a GPU if there is one.</param>
    /// <exception cref="ArgumentException">There is no such name.</exception>
    public static DeviceSpec ResolveDevice(string name) => ComputeDevice.Resolve(name);

    /// <inheritdoc/>
    public void Dispose() => _host.Dispose();

    private MergeManifest Run(
        PlanSession session, string output, MergeOptions options, Action<Problem>? warnings, IProgress<MergeProgress>? progress,
        CancellationToken cancellation,
        Action<MergeManifest>? finishing = null)
    {
        MergePlan plan;
        using (Step.Begin(Step.Plan))
        {
            plan = session.Plan(output, options);
        }

        foreach (Problem warning in plan.Warnings)
        {
            warnings?.Invoke(warning);
        }

        return new MergeRunner(plan, _host, options, warnings, progress) { Finishing = finishing }.Run(cancellation);
    }

    // A plugin's mistake is named and no more; what is the user's own must be right.
    private static PluginCatalog Scan(string? pluginsPath)
    {
        PluginCatalog catalog = PluginCatalog.Scan(PluginRoots.Find(pluginsPath));
        return PluginRoots.Families(Environment.GetEnvironmentVariable) is { } folder
            && ModelArchitectures.Add(folder) is { Count: > 0 } problems
            ? throw new MergeHostException(problems)
            : catalog;
    }

    private CacheKeeper Cache => new(new PluginSet(Catalog), _host);

    // Nobody wrote the recipe, so that a place in it tells nothing.
    private MergeManifest RunText(
        string recipe, string output, MergeOptions options, Action<Problem>? warnings, IProgress<MergeProgress>? progress,
        CancellationToken cancellation)
    {
        try
        {
            using PlanSession session = new(ConversionName, Catalog, _host, recipe);
            return Run(session, output, options, warning => warnings?.Invoke(Unplaced(warning)), progress, cancellation);
        }
        catch (MergeHostException exception) when (exception.Problems.Any(problem => problem.Place is not null))
        {
            throw new MergeHostException([.. exception.Problems.Select(Unplaced)]);
        }

        static Problem Unplaced(Problem problem) => problem with { Place = null };
    }

    private static string Output(string format, string? type) =>
        $"out_format: {Quoted(format)}\n{(type is null ? "" : $"out_type: {Quoted(type)}\n")}";

    private static string Quoted(string text) => $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";

    internal PlanSession Open(string recipePath)
    {
        using System.Diagnostics.Activity? step = Step.Begin(Step.Plan);
        return new PlanSession(recipePath, Catalog, _host, suites: Suites);
    }
}
