using System.Text.Json.Nodes;
using MergeHost.Checkpoints;
using MergeHost.Plugins.LanguageModel.Models.Blocks;
using MergeHost.Plugins.LanguageModel.Models.Settings;
using TorchSharp;
using static TorchSharp.torch;

namespace MergeHost.Plugins.LanguageModel.Models;

/// <summary>The forward pass of language models that read from left to right.</summary>
/// <remarks>Not for several threads at once. What it returns belongs to the caller's dispose scope.</remarks>
internal sealed class DecoderModel : IDisposable
{
    // The second beside the text model of one that reads pictures, too.
    private static readonly string[] _heads = ["lm_head.weight", "language_model.lm_head.weight"];

    private readonly Tensor _embedding;
    private readonly Tensor? _positions;
    private readonly Tensor _head;
    private readonly Norm _norm;
    private readonly DecoderLayer[] _layers;

    /// <summary>Reads a checkpoint.</summary>
    /// <param name="checkpoint">The weights, with their <c>config.json</c>.</param>
    /// <param name="device">Where the model runs.</param>
    /// <param name="type">The type of weights and activations.</param>
    /// <exception cref="MergeHostException">The model is of a kind that is not known here, or its parts do not fit each other.</exception>
    public DecoderModel(ICheckpointReader checkpoint, Device device, ScalarType type)
    {
        JsonObject json = checkpoint.Companions.FirstOrDefault(file => file.Name == "config.json")?.ReadJson()
            ?? throw new MergeHostException(new Problem(ErrorCodes.BadConfig, "the checkpoint has no config.json"), null);
        Config = DecoderConfig.Read(json);
        (DecoderArchitecture kind, DecoderTensors names) = (Config.Architecture, Config.Architecture.Names);
        ModelWeights weights = new(checkpoint, device, type, kind.Unneeded);
        Inputs = weights.Tap;
        string root = names.Roots.FirstOrDefault(root => weights.Has($"{root}{names.Embedding}.weight")) ?? names.Roots[0];
        _embedding = weights.Take($"{root}{names.Embedding}.weight", Config.VocabularySize, Config.HiddenSize);
        _positions = names.Positions is { } positions
            ? weights.Take($"{root}{positions}.weight", Config.MaxPositions, Config.HiddenSize)
            : null;
        _layers = [.. Enumerable.Range(0, Config.Layers.Count).Select(layer => new DecoderLayer(weights, Config, root, layer))];
        _norm = Norm.Read(weights, $"{root}{names.LastNorm}", Config.HiddenSize, kind.Norm, Config.NormEpsilon);
        _head = ReadHead(weights);
        weights.ThrowIfLeft();
    }

    public DecoderConfig Config { get; }

    public Device Device => _embedding.device;

    /// <summary>Shown what weights are multiplied with.</summary>
    public InputTap Inputs { get; }

    /// <summary>The states after the last layer, normalised, of <c>[batch, tokens, hidden]</c>.</summary>
    /// <param name="rows">The tokens.</param>
    /// <param name="cache">What stands before them; they are added to it.</param>
    /// <param name="observer">Shown the states in each layer.</param>
    public Tensor States(TokenRows rows, KeyValueCache? cache = null, LayerObserver? observer = null)
    {
        DecoderPass pass = new(Config, rows, cache, _embedding.dtype);
        Tensor x = _embedding.index_select(0, rows.Ids.view(-1)).view(rows.Count, rows.Width, Config.HiddenSize);
        if (Config.Scales.Embedding is { } scale)
        {
            // Rounded to the weights' type, as it was in training.
            x *= tensor(scale, x.dtype, x.device);
        }

        if (_positions is not null)
        {
            x = x.add(_positions.index_select(0, pass.Places.Indices.reshape(-1)).view([.. pass.Places.Indices.shape, -1]),
                LastingScalar.One);
        }

        foreach (DecoderLayer layer in _layers)
        {
            using DisposeScope scope = NewDisposeScope();
            x = layer.Apply(x, pass, observer).MoveToOuterDisposeScope();
        }

        return _norm.Apply(x);
    }

    /// <summary>The logits of the token after each state, float32, of <c>[…, vocabulary]</c>.</summary>
    public Tensor Logits(Tensor states)
    {
        Tensor logits = Wide.Linear(states, _head, bias: null);
        return SoftCap.Apply(Config.Scales.Logits is { } scale ? logits.mul(LastingScalar.Of(scale)) : logits, Config.Scales.LogitCap)
            .to(float32);
    }

    // A head that was trained apart counts, though the configuration ties it.
    private Tensor ReadHead(ModelWeights weights)
    {
        string? name = _heads.FirstOrDefault(weights.Has);
        if ((Config.TiesEmbeddings ?? true) && name is null)
        {
            return _embedding;
        }

        Tensor head = weights.Take(name ?? _heads[0], Config.VocabularySize, Config.HiddenSize);
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
        _positions?.Dispose();
        _embedding.Dispose();
    }
}
