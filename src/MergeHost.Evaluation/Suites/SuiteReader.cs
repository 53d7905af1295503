using System.Reflection;
using System.Text.RegularExpressions;
using MergeHost.Benchmarks;
using MergeHost.Models;
using MergeHost.Models.Calls;
using MergeHost.Options;
using MergeHost.Output;
using MergeHost.Planning;
using MergeHost.Plugins;
using MergeHost.Plugins.Metadata;
using MergeHost.Reports;
using MergeHost.Running.Checks;
using MergeHost.Storage;
using MergeHost.Storage.Text;

namespace MergeHost.Evaluation.Suites;

/// <summary>Reads suites: every problem is reported, not only the first.</summary>
internal sealed partial class SuiteReader
{
    private const string HarnessBenchmark = "lm_eval";

    private static readonly string[] _suiteFields = ["suite", "tasks"];
    private static readonly string[] _taskFields = ["name", "benchmark", "metric", "general", "source"];

    private readonly string _folder;
    private readonly PluginSet _plugins;
    private readonly PluginHost _host;
    private readonly List<Problem> _problems = [];
    private readonly StoreSet _stores;

    private SuiteReader(string path, PluginSet plugins, PluginHost host)
    {
        _folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        _plugins = plugins;
        _host = host;
        _stores = new StoreSet(plugins, host);
    }

    /// <inheritdoc cref="SuiteCheck"/>
    public static IReadOnlyList<SuiteTaskSummary> Check(string path, IReadOnlyList<string> only, PluginSet plugins, PluginHost host) =>
        SuitePower.Of(Read(path, plugins, host, only), host);

    /// <summary>Reads a suite.</summary>
    /// <param name="path">The file.</param>
    /// <param name="plugins">What tasks may use.</param>
    /// <param name="host">Creates the benchmarks.</param>
    /// <param name="only">The names of the tasks that are wanted; none for all. Files of others need not be there.</param>
    /// <exception cref="MergeHostException">The file cannot be read, or something in it is wrong; all of it is told.</exception>
    public static Suite Read(string path, PluginSet plugins, PluginHost host, IReadOnlyList<string> only)
    {
        SuiteReader reader = new(path, plugins, host);
        Suite? suite = reader.ReadSuite(path, only);
        return suite is not null && reader._problems.Count == 0 ? suite : throw new MergeHostException(reader._problems);
    }

    private Suite? ReadSuite(string path, IReadOnlyList<string> only)
    {
        if (NamedText.TryReadYaml(path, ErrorCodes.BadSuite, _problems) is not { } text)
        {
            return null;
        }

        if (IsHarnessTask().IsMatch(text) && !HasTasks().IsMatch(text))
        {
            return ReadHarnessTask(path);
        }

        if (YamlLoader.Load(path, text, _problems) is not [YamlMapping suite]
            || suite.Find("tasks") is not YamlSequence { Items.Count: > 0 } tasks)
        {
            _problems.Add(new Problem(ErrorCodes.BadSuite, $"{path}: expected a mapping with a list of `tasks:`",
                "Write `tasks:` and below it `- {name: …, benchmark: …, data: …}`."));
            return null;
        }

        foreach ((YamlScalar key, _) in suite.Entries.Where(entry => !_suiteFields.Contains(entry.Key.Text)))
        {
            Add(ErrorCodes.UnknownField, key.Place, $"suites have no field '{key.Text}'",
                Suggestion.Hint(key.Text, _suiteFields, "they have suite and tasks"));
        }

        string name = (suite.Find("suite") as YamlScalar)?.Text ?? Path.GetFileNameWithoutExtension(path);
        CheckTwins(tasks);
        string[] known = [.. tasks.Items.Select(NameOf).OfType<YamlScalar>().Select(task => task.Text)];
        _problems.AddRange(Suite.Unknown(name, known, only));
        List<SuiteTask> read = [.. tasks.Items.Where(task => only.Count == 0 || NameOf(task) is not { } own || only.Contains(own.Text))
            .Select(ReadTask).OfType<SuiteTask>()];
        return new Suite(name, _folder, read);
    }

    // A task or group of lm-evaluation-harness is a suite by itself.
    private Suite? ReadHarnessTask(string path)
    {
        string name = Path.GetFileNameWithoutExtension(path);
        TextPlace place = new(path, 1, 1);
        YamlMapping task = new(
        [
            (new YamlScalar("name", true, place), new YamlScalar(name, true, place)),
            (new YamlScalar("benchmark", true, place), new YamlScalar(HarnessBenchmark, true, place)),
            (new YamlScalar("task", true, place), new YamlScalar(Path.GetFileName(path), false, place)),
        ], place);
        return ReadTask(task) is { } read ? new Suite(name, _folder, [read]) : null;
    }

    private void CheckTwins(YamlSequence tasks)
    {
        foreach (IGrouping<string, YamlScalar> twins in tasks.Items.Select(NameOf).OfType<YamlScalar>().GroupBy(task => task.Text)
            .Where(group => group.Count() > 1))
        {
            Add(ErrorCodes.BadSuite, twins.ElementAt(1).Place, $"{twins.Count()} tasks are named '{twins.Key}'",
                "Give each a name of its own.");
        }
    }

    private static YamlScalar? NameOf(YamlNode task) => task is YamlMapping mapping ? Text(mapping, "name") : null;

    private SuiteTask? ReadTask(YamlNode node)
    {
        if (node is not YamlMapping task)
        {
            Add(ErrorCodes.WrongType, node.Place, $"a task must be a mapping, found {node.Kind}", null);
            return null;
        }

        if (Text(task, "name") is not { } name || Text(task, "benchmark") is not { } benchmark)
        {
            Add(ErrorCodes.Missing, task.Place, "a task needs 'name' and 'benchmark'", null);
            return null;
        }

        if (!_plugins.TryResolve(ExportKind.Benchmark, benchmark.Text, out InstalledExport? installed, out Problem? problem))
        {
            _problems.Add(problem with { Place = benchmark.Place });
            return null;
        }

        int before = _problems.Count;
        InstalledExport? runtime = installed.Export.UsesModel ? FindRuntime(benchmark) : null;
        IBenchmark runner = _host.Create<IBenchmark>(installed);
        OptionsSchema schema = new(runner.OptionsType, installed);
        Dictionary<string, object> values = ReadOptions(task, benchmark.Text, schema);
        bool isGeneral = Text(task, "general")?.Text == "true";
        if (_problems.Count > before)
        {
            return null;
        }

        object options = schema.Create(option => values.GetValueOrDefault(option.Name));
        _problems.AddRange(schema.Conflicts(benchmark.Text, options, task.Place));
        IReadOnlyList<string>? files = _problems.Count > before ? null : FindFiles(runner, options);
        return files is null
            ? null
            : new SuiteTask(name.Text, isGeneral, Text(task, "metric")?.Text, installed, options,
                Identify(installed, runtime, schema, values, files))
            { Runtime = runtime };
    }

    private InstalledExport? FindRuntime(YamlScalar benchmark)
    {
        try
        {
            return _plugins.FindRuntime();
        }
        catch (MergeHostException exception)
        {
            Add(exception.Code, benchmark.Place, $"'{benchmark.Text}' runs a model: {exception.Problems[0].Message}",
                exception.Problems[0].Hint);
            return null;
        }
    }

    // What a task needs is read now, so that what is wrong with it is told before anything is measured.
    private List<string>? FindFiles(IBenchmark runner, object options)
    {
        try
        {
            return [.. runner.FindFiles(options, _folder)];
        }
        catch (MergeHostException exception)
        {
            _problems.AddRange(exception.Problems);
            return null;
        }
    }

    private Dictionary<string, object> ReadOptions(YamlMapping task, string benchmark, OptionsSchema schema)
    {
        Dictionary<string, object> values = [];
        foreach ((YamlScalar key, YamlNode value) in task.Entries.Where(entry => !_taskFields.Contains(entry.Key.Text)))
        {
            OptionInfo? option = schema.Options.FirstOrDefault(option => option.Name == key.Text);
            if (option is null || value is not YamlScalar scalar)
            {
                string[] known = [.. schema.Options.Select(known => known.Name)];
                Add(ErrorCodes.UnknownParameter, key.Place,
                    $"'{benchmark}' has no option '{key.Text}'{(option is null ? "" : $" that is {value.Kind}")}",
                    Suggestion.Hint(key.Text, known, $"it has {string.Join(", ", known)}"));
                continue;
            }

            (object? parsed, Problem? problem) = IsFile(option) && FromStore(scalar) is { } local ? local : option.Parse(scalar);
            scalar = parsed is string path ? scalar with { Text = path } : scalar;
            if (problem is null && IsFile(option) && !File.Exists(Path.Combine(_folder, scalar.Text)))
            {
                string source = Text(task, "source") is { } text ? $"It comes from {text.Text}. " : "";
                problem = new Problem(ErrorCodes.BadTaskData, $"there is no file '{scalar.Text}'",
                    $"{source}Paths start at the suite's folder, '{_folder}'.", scalar.Place);
            }

            if (problem is null && IsFile(option) && FileKind.Unusual(Path.Combine(_folder, scalar.Text)) is { } kind)
            {
                problem = new Problem(ErrorCodes.BadTaskData, $"'{scalar.Text}' must be a file, found {kind}", "Name a file.",
                    scalar.Place);
            }

            _problems.AddRange(problem is null ? [] : [problem]);
            values[option.Name] = parsed!;
        }

        foreach (OptionInfo option in schema.Options.Where(option => option.IsRequired && !values.ContainsKey(option.Name)))
        {
            Add(ErrorCodes.Missing, task.Place, $"option '{option.Name}' of '{benchmark}' is missing", null);
        }

        return values;
    }

    // `hf-dataset:org/name/file` and the like: fetched, and then a file of this machine. What has no scheme is a path.
    private (object? Path, Problem? Problem)? FromStore(YamlScalar name)
    {
        if (!HasScheme().IsMatch(name.Text) || File.Exists(Path.Combine(_folder, name.Text)))
        {
            return null;
        }

        try
        {
            if (_stores.Remote(name.Text)?.Files is not { Named: { } file, Copies: { } copies } files)
            {
                return null;
            }

            InputFetch.Run(files, [file], null, CancellationToken.None);
            return (Path.Combine(copies.Folder, file), null);
        }
        catch (MergeHostException exception)
        {
            return (null, exception.Problems[0] with { Place = name.Place });
        }
    }

    private string Identify(InstalledExport benchmark, InstalledExport? runtime, OptionsSchema schema, Dictionary<string, object> values,
        IReadOnlyList<string> files) => string.Join('\n',
        schema.Options.Select(option => $"{option.Name}={(IsFile(option) && values.TryGetValue(option.Name, out object? file)
            ? OutputFiles.Sha256(Path.Combine(_folder, (string)file))
            : OptionInfo.Format(values.GetValueOrDefault(option.Name) ?? option.Default))}")
        .Concat(files.Select(OutputFiles.Sha256))
        .Concat(runtime is null ? [] : [Named(runtime)])
        .Prepend(Named(benchmark)));

    private static string Named(InstalledExport export) =>
        $"{export.Export.Id} of {export.Plugin.InformationalVersion} {OutputFiles.Sha256(export.Plugin.AssemblyPath)}";

    private static bool IsFile(OptionInfo option) => option.Property.IsDefined(typeof(DataFileAttribute));

    private static YamlScalar? Text(YamlMapping mapping, string key) => mapping.Find(key) as YamlScalar;

    private void Add(ErrorCode code, TextPlace place, string message, string? hint) =>
        _problems.Add(new Problem(code, message, hint, place));

    [GeneratedRegex("^(task|group|output_type|dataset_path|doc_to_text|include):", RegexOptions.Multiline)]
    private static partial Regex IsHarnessTask();

    [GeneratedRegex("^[a-z][a-z-]+:")]
    private static partial Regex HasScheme();

    [GeneratedRegex("^tasks:", RegexOptions.Multiline)]
    private static partial Regex HasTasks();
}
