using System.Text.Json.Nodes;
using MergeHost.Checkpoints;
using TorchSharp;
using static TorchSharp.torch;

namespace MergeHost.Plugins.LanguageModel.Models;

/// <summary>The forward pass of the Llama family: Llama 2 and 3, Mistral, Mixtral, Qwen 2 and 3 with their mixtures, Gemma 2.</summary>
/// <remarks>Not for several threads at once. What it returns belongs to the caller's dispose scope.</remarks>
internal sealed class LlamaModel : IDisposable
{
    private readonly Tensor _embedding;
    private readonly Tensor _head;
    private readonly RmsNorm _norm;
    private readonly LlamaLayer[] _layers;

    /// <summary>Reads a checkpoint.</summary>
    /// <param name="checkpoint">The weights, with their <c>config.json</c>.</param>
    /// <param name="device">Where the model runs.</param>
    /// <param name="type">The type of weights and activations.</param>
    /// <exception cref="MergeHostException">The model is of a kind that is not known here, or its parts do not fit each other.</exception>
    public LlamaModel(ICheckpointReader checkpoint, Device device, ScalarType type)
    {
        JsonObject json = checkpoint.Companions.FirstOrDefault(file => file.Name == "config.json")?.ReadJson()
            ?? throw new MergeHostException(new Problem(ErrorCodes.BadConfig, "the checkpoint has no config.json"), null);
        Config = LlamaConfig.Read(json);
        ModelWeights weights = new(checkpoint, device, type);
        Inputs = weights.Tap;
        _embedding = weights.Take("model.embed_tokens.weight", Config.VocabularySize, Config.HiddenSize);
        _layers = [.. Enumerable.Range(0, Config.Windows.Count).Select(layer => new LlamaLayer(weights, Config, layer))];
        _norm = new RmsNorm(weights.Take("model.norm.weight", Config.HiddenSize), Config.NormEpsilon, Config.IsGemma);
        _head = ReadHead(weights);
        weights.ThrowIfLeft();
    }

    public LlamaConfig Config { get; }

    public Device Device => _embedding.device;

    /// <summary>Shown what weights are multiplied with.</summary>
    public InputTap Inputs { get; }

    /// <summary>The states after the last layer, normalised, of <c>[batch, tokens, hidden]</c>.</summary>
    /// <param name="rows">The tokens.</param>
    /// <param name="cache">What stands before them; they are added to it.</param>
    /// <param name="observer">Shown the states in each layer.</param>
    public Tensor States(TokenRows rows, KeyValueCache? cache = null, LayerObserver? observer = null)
    {
        TokenRows all = cache?.Add(rows) ?? rows;
        RotaryEmbedding rotary = new(Config, rows, all.Width - rows.Width, _embedding.dtype);
        AttentionMask mask = new(all, rows.Width, Config.Windows, isAlwaysMade: Config.AttentionCap is not null);
        Tensor x = _embedding.index_select(0, rows.Ids.view(-1)).view(rows.Count, rows.Width, Config.HiddenSize);
        if (Config.IsGemma)
        {
            // Rounded to the weights' type, as it was in training.
            x *= tensor(Math.Sqrt(Config.HiddenSize), x.dtype, x.device);
        }

        foreach (LlamaLayer layer in _layers)
        {
            using DisposeScope scope = NewDisposeScope();
            x = layer.Apply(x, rotary, mask, cache, observer).MoveToOuterDisposeScope();
        }

        return _norm.Apply(x);
    }

    /// <summary>The logits of the token after each state, float32, of <c>[…, vocabulary]</c>.</summary>
    public Tensor Logits(Tensor states) => SoftCap.Apply(nn.functional.linear(states, _head), Config.LogitCap).to(float32);

    // A head that was trained apart counts, though the configuration ties it.
    private Tensor ReadHead(ModelWeights weights)
    {
        if ((Config.TiesEmbeddings ?? true) && !weights.Has("lm_head.weight"))
        {
            return _embedding;
        }

        Tensor head = weights.Take("lm_head.weight", Config.VocabularySize, Config.HiddenSize);
        using DisposeScope scope = NewDisposeScope();
        if (Config.TiesEmbeddings == false || !head.eq(_embedding).all().item<bool>())
        {
            return head;
        }

        head.Dispose();
        return _embedding;
    }

    public void Dispose()
    {
        Array.ForEach(_layers, layer => layer.Dispose());
        _norm.Dispose();
        _head.Dispose();
        _embedding.Dispose();
    }
}
