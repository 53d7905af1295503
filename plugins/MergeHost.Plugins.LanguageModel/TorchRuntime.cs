using MergeHost.Benchmarks;
using MergeHost.Checkpoints;
using MergeHost.Runtimes;

namespace MergeHost.Plugins.LanguageModel;

/// <summary>Runs models of the Llama family by libtorch, in float32.</summary>
[ModelRuntime("torch")]
public sealed class TorchRuntime : IModelRuntime
{
    /// <inheritdoc/>
    public ILanguageModel Load(ICheckpointReader checkpoint, DeviceSpec device, int threads) => new LoadedModel(checkpoint, device, threads);

    private sealed class LoadedModel(ICheckpointReader checkpoint, DeviceSpec device, int threads) : IObservableModel
    {
        private readonly LanguageModel _model = LanguageModelLoader.Open(checkpoint, ModelPrecision.Float32, device);
        private readonly BenchmarkContext _context = new() { Folder = "", Device = device, Threads = threads };

        public int MaxPositions => _model.MaxPositions;

        public int VocabularySize => _model.VocabularySize;

        public IReadOnlyList<int> Encode(string text, bool begins) => begins ? _model.Tokenizer.EncodeWhole(text) : _model.Tokenizer.Encode(text);

        public string Decode(IReadOnlyList<int> ids) => _model.Tokenizer.DecodeWhole(ids);

        public string NameToken(int id) => _model.Tokenizer.Name(id);

        public IReadOnlyList<GeneratedText> Generate(IReadOnlyList<IReadOnlyList<int>> prompts, GenerationOptions options, CancellationToken cancellation) =>
            _model.Generate(prompts, options, _context with { Cancellation = cancellation });

        public int LayerCount => _model.LayerCount;

        public int HiddenSize => _model.HiddenSize;

        public void Observe(IReadOnlyList<IReadOnlyList<int>> texts, ModelState state, StateObserver observer, CancellationToken cancellation) =>
            _model.Observe(texts, state, observer, cancellation);

        public void Dispose() => _model.Dispose();
    }
}
