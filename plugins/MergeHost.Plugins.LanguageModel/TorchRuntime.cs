using MergeHost.Benchmarks;
using MergeHost.Checkpoints;
using MergeHost.Plugins.LanguageModel.Chat;
using MergeHost.Runtimes;

namespace MergeHost.Plugins.LanguageModel;

/// <summary>Runs language models by libtorch, in float32.</summary>
[ModelRuntime("torch")]
public sealed class TorchRuntime : IModelRuntime
{
    /// <inheritdoc/>
    public ILanguageModel Load(ICheckpointReader checkpoint, DeviceSpec device, int threads) =>
        new LoadedModel(checkpoint, device, threads);

    private sealed class LoadedModel : IObservableModel
    {
        private readonly LanguageModel _model;
        private readonly BenchmarkContext _context;
        private readonly ChatTemplate? _chat;

        public LoadedModel(ICheckpointReader checkpoint, DeviceSpec device, int threads)
        {
            _chat = ChatTemplate.Find(checkpoint.Companions);
            _context = new() { Folder = "", Device = device, Threads = threads };
            _model = LanguageModelLoader.Open(checkpoint, ModelPrecision.Float32, device);
            SpecialTokens special = SpecialTokens.Find(checkpoint.Companions, _model);
            Tokenizer = new TokenizerDescription(special.BeginName, special.EndName, special.UnknownName, special.PaddingName,
                _chat?.Source);
        }

        public int MaxPositions => _model.MaxPositions;

        public int VocabularySize => _model.VocabularySize;

        public TokenizerDescription Tokenizer { get; }

        public IReadOnlyList<int> Encode(string text, bool begins) =>
            begins ? _model.Tokenizer.EncodeWhole(text) : _model.Tokenizer.Encode(text);

        public string Decode(IReadOnlyList<int> ids) => _model.Tokenizer.DecodeWhole(ids);

        public string NameToken(int id) => _model.Tokenizer.Name(id);

        public string RenderChat(IReadOnlyList<ChatMessage> messages, bool continues) => _chat is null
            ? throw ChatTemplate.Missing()
            : _chat.TryRender(messages, continues, out string reason) ?? throw ChatTemplate.Refused(reason);

        public IReadOnlyList<IReadOnlyList<IReadOnlyList<TokenScore>>> Score(IReadOnlyList<ScoredPrompt> prompts,
            CancellationToken cancellation) =>
            _model.Score(prompts, _context with { Cancellation = cancellation });

        public IReadOnlyList<GeneratedText> Generate(
            IReadOnlyList<IReadOnlyList<int>> prompts, GenerationOptions options, CancellationToken cancellation,
            GenerationObserver? observer) =>
            _model.Generate(prompts, options, _context with { Cancellation = cancellation }, observer);

        public int LayerCount => _model.LayerCount;

        public int HiddenSize => _model.HiddenSize;

        public void Observe(IReadOnlyList<IReadOnlyList<int>> texts, ModelState state, StateObserver observer,
            CancellationToken cancellation) =>
            _model.Observe(texts, state, observer, cancellation);

        public void ObserveInputs(IReadOnlyList<IReadOnlyList<int>> texts, InputObserver observer, CancellationToken cancellation) =>
            _model.ObserveInputs(texts, observer, cancellation);

        public void Dispose() => _model.Dispose();
    }
}
