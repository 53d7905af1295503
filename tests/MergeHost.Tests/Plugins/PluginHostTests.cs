using System.Runtime.Loader;
using MergeHost.Algebra;
using MergeHost.Benchmarks;
using MergeHost.Checkpoints;
using MergeHost.Plugins;
using MergeHost.Plugins.Metadata;
using MergeHost.Scoring;
using MergeHost.Strategies;
using MergeHost.Summaries;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using NSubstitute;

namespace MergeHost.Tests.Plugins;

public sealed class PluginHostTests : IDisposable
{
    private readonly PluginFolder _folder = new();
    private readonly PluginHost _host = new(PluginFolder.NoServices);

    [Fact]
    public void Create_Strategy_MergesWithTheHostsMatricesAndAlgebra()
    {
        IMergeStrategy strategy = Create<IMergeStrategy>(_folder.Scan("good/1.2.0"), ExportKind.Strategy, "low_rank");
        TensorInfo tensor = new("w", DType.F32, [2, 2]);
        object options = Activator.CreateInstance(strategy.OptionsType)!;
        TensorGroup group = new() { Output = tensor, Base = tensor, Sources = [(tensor, options)], Options = options };
        WholeTensors tensors = new()
        {
            Output = tensor,
            Base = new Matrix<float>(2, 2, new float[] { 1, 1, 1, 1 }),
            Sources = [new Matrix<float>(2, 2, new float[] { 4, 1, 1, 2 })],
            Result = new Matrix<float>(2, 2),
        };
        // τ = diag(3, 1): its strongest direction is the first axis.
        Matrix<float> identity = new(2, 2, new float[] { 1, 0, 0, 1 });
        ILinearAlgebra algebra = Substitute.For<ILinearAlgebra>();
        algebra.Decompose(Arg.Is<Matrix<float>>(matrix => matrix.Elements.ToArray().SequenceEqual(new float[] { 3, 0, 0, 1 })))
            .Returns(new SingularValueDecomposition(identity, [3, 1], identity));

        Assert.IsType<WholeTensorTreatment>(strategy.Merge(group), exactMatch: false).Merge(tensors, algebra, default);

        Assert.Equal([4, 1, 1, 1], tensors.Result.Elements.ToArray());
    }

    [Fact]
    public void Create_Scorer_ScoresTheHostsTensors()
    {
        ILayerScorer scorer = Create<ILayerScorer>(_folder.Scan("good/1.2.0"), ExportKind.Scorer, "relative_change");
        ILayerTensors layer = Substitute.For<ILayerTensors>();
        layer.Get(LayerMatrix.Base).Returns(new Matrix<float>(1, 2, new float[] { 0, 10 }));
        layer.Get(LayerMatrix.TaskVector).Returns(new Matrix<float>(1, 2, new float[] { 3, 4 }));
        object options = Activator.CreateInstance(scorer.OptionsType)!;

        LayerScore score = scorer.Score(layer, options, Substitute.For<ILinearAlgebra>(), default);

        Assert.Equal(0.5, score.Value);
    }

    [Fact]
    public void Create_FormatAndBenchmark_WorkOnOneCheckpoint()
    {
        PluginCatalog catalog = _folder.Scan("good/1.2.0");
        IWritableCheckpointFormat format = Create<IWritableCheckpointFormat>(catalog, ExportKind.Format, "lines");
        IBenchmark benchmark = Create<IBenchmark>(catalog, ExportKind.Benchmark, "tensor_count");
        TensorInfo tensor = new("w", DType.F32, [1, 2]);
        byte[] data = [1, 2, 3, 4, 5, 6, 7, 8];
        using (ICheckpointWriter writer = format.Create(_folder.Root, new CheckpointLayout { Tensors = [tensor] }))
        {
            writer.Write(tensor, 0, data);
            writer.Complete();
        }

        using ICheckpointReader reader = format.Open(Path.Combine(_folder.Root, "model.lines"));
        byte[] read = new byte[8];
        reader.Read(reader.Tensors[0], 0, read);
        object options = Activator.CreateInstance(benchmark.OptionsType)!;
        BenchmarkResult result = benchmark.Run(reader, options, new BenchmarkContext { Folder = _folder.Root });

        Assert.Equal(data, read);
        Assert.Equal(1, Assert.Single(result.Tasks).Value);
    }

    [Fact]
    public void Create_OfTwoVersionsOfAPlugin_GivesEachItsOwnLibrary()
    {
        PluginCatalog catalog = _folder.Scan("versions/1.0.0", "versions/2.0.0");

        TaskResult[] results =
        [
            .. catalog.Plugins
                .Select(plugin => new InstalledExport(plugin, plugin.Exports.Single(export => export.Id == "private_library")))
                .Select(_host.Create<IBenchmark>)
                .Select(benchmark => benchmark.Run(null!, Activator.CreateInstance(benchmark.OptionsType)!, null!).Tasks[0]),
        ];

        Assert.Equal([("two", 2.0), ("one", 1.0)], results.Select(result => (result.Task, result.Value)));
    }

    [Fact]
    public void Create_Twice_LoadsThePluginOnceAndMakesTwoInstances()
    {
        PluginCatalog catalog = _folder.Scan("good/1.2.0");

        IMergeStrategy first = Create<IMergeStrategy>(catalog, ExportKind.Strategy, "low_rank");
        IMergeStrategy second = Create<IMergeStrategy>(catalog, ExportKind.Strategy, "low_rank");

        Assert.NotSame(first, second);
        Assert.Same(first.GetType(), second.GetType());
        Assert.NotSame(AssemblyLoadContext.Default, AssemblyLoadContext.GetLoadContext(first.GetType().Assembly));
    }

    // To describe an export no code of its plugin has to run.
    [Fact]
    public void TypeOf_OfAnExportWhoseConstructorThrows_RunsNone()
    {
        PluginCatalog catalog = _folder.Scan("odd/0.1.0-beta.1");
        InstalledExport installed = catalog.Exports(ExportKind.Strategy).Single(export => export.Export.Id == "throwing");
        Assert.Equal("ThrowingStrategy", _host.TypeOf(installed).Name);
        Assert.Equal("throwing", Assert.Single(PluginSummarizer.Find("throwing", catalog, _host)).Id);
    }

    [Theory]
    [InlineData("throwing", "no luck today")]
    [InlineData("throwing_early", "forty-two")]
    [InlineData("lonely", "INobody")]
    [InlineData("impostor", "IMergeStrategy")]
    public void Create_WhenAnExportFails_NamesPluginExportAndReasonAndSparesTheOthers(string id, string reason)
    {
        PluginCatalog catalog = _folder.Scan("odd/0.1.0-beta.1");

        MergeHostException exception = Assert.Throws<MergeHostException>(
            () => Create<IMergeStrategy>(catalog, ExportKind.Strategy, id));

        Problem problem = Assert.Single(exception.Problems);
        Assert.Equal(ErrorCodes.PluginFailed, problem.Code);
        Assert.Matches($"^plugin 'odd' 0.1.0-beta.1: strategy '{id}' cannot be created: .*{reason}.*$", problem.Message);
        Assert.NotNull(Create<IMergeStrategy>(catalog, ExportKind.Strategy, "logging"));
    }

    [Fact]
    public void Create_WhenTheConstructorImportsALogger_HandsItTheHostsLogger()
    {
        ILogger logger = Substitute.For<ILogger>();
        ILoggerFactory factory = Substitute.For<ILoggerFactory>();
        factory.CreateLogger("Fixture.Odd.LoggingStrategy").Returns(logger);
        using ServiceProvider services = new ServiceCollection().AddSingleton(factory).BuildServiceProvider();
        using PluginHost host = new(services);
        Assert.True(new PluginSet(_folder.Scan("odd/0.1.0-beta.1"))
            .TryResolve(ExportKind.Strategy, "logging", out InstalledExport? installed, out _));

        host.Create<IMergeStrategy>(installed);

        IEnumerable<object?> arguments = logger.ReceivedCalls().SelectMany(call => call.GetArguments());
        Assert.Contains("the strategy was created", arguments.Select(argument => argument?.ToString()));
    }

    [Fact]
    public void Create_WhenADependencyIsMissing_NamesItBeforeAnythingIsLoaded()
    {
        File.Delete(Path.Combine(_folder.Add("versions/1.0.0"), "Fixture.PrivLib.dll"));

        MergeHostException exception = Assert.Throws<MergeHostException>(() =>
            Create<IBenchmark>(_folder.Scan(), ExportKind.Benchmark, "private_library"));

        Assert.Equal(ErrorCodes.PluginDependency, exception.Code);
        Assert.Contains("'Fixture.PrivLib' 1.0.0.0", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Create_WhenATypeCannotBeLoaded_NamesPluginAndType()
    {
        string folder = _folder.Add("versions/1.0.0");
        PluginFolder.ReplacePrivateLibrary(folder, "versions/2.0.0");

        MergeHostException exception = Assert.Throws<MergeHostException>(() =>
            Create<IBenchmark>(_folder.Scan(), ExportKind.Benchmark, "private_library"));

        Assert.Equal(ErrorCodes.PluginFailed, exception.Code);
        Assert.Contains("plugin 'versions' 1.0.0: cannot be loaded: ", exception.Message, StringComparison.Ordinal);
        Assert.Contains("get_Farewell", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Create_WhenTheDepsFileIsMalformed_NamesThePlugin()
    {
        File.WriteAllText(Path.Combine(_folder.Add("good/1.2.0"), "Fixture.Good.deps.json"), "{");

        MergeHostException exception = Assert.Throws<MergeHostException>(() =>
            Create<IMergeStrategy>(_folder.Scan(), ExportKind.Strategy, "low_rank"));

        Assert.Equal(ErrorCodes.PluginFailed, exception.Code);
        Assert.Contains("plugin 'good' 1.2.0: cannot be loaded: ", exception.Message, StringComparison.Ordinal);
    }

    public void Dispose()
    {
        _host.Dispose();
        _folder.Dispose();
    }

    private T Create<T>(PluginCatalog catalog, ExportKind kind, string id)
        where T : class => _host.Create<T>(catalog.Exports(kind).Single(installed => installed.Export.Id == id));
}
