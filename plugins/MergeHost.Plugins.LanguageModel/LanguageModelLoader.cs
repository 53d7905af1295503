using System.Composition;
using MergeHost.Benchmarks;
using MergeHost.Checkpoints;
using MergeHost.Torch;
using TorchSharp;
using static TorchSharp.torch;

namespace MergeHost.Plugins.LanguageModel;

/// <summary>Loads models, and keeps the last one, so that all tasks of a checkpoint share it.</summary>
[Export]
[Shared]
public sealed class LanguageModelLoader : IDisposable
{
    private (ICheckpointReader Checkpoint, DeviceSpec Device, ModelPrecision Precision) _key;
    private LanguageModel? _model;

    /// <inheritdoc/>
    public void Dispose() => _model?.Dispose();

    /// <summary>Reads a model; the caller disposes it.</summary>
    /// <exception cref="MergeHostException">The model cannot be run, or libtorch is not there.</exception>
    internal static LanguageModel Open(ICheckpointReader checkpoint, ModelPrecision precision, DeviceSpec place)
    {
        TorchLibrary.Require(place);
        Device device = place.Kind == DeviceKind.Cuda ? torch.device(DeviceType.CUDA, place.Index) : CPU;
        return new LanguageModel(checkpoint, device, precision == ModelPrecision.Bfloat16 ? bfloat16 : float32);
    }

    /// <summary>The model of a checkpoint; it belongs to the loader, and lives until the next one is asked for.</summary>
    /// <exception cref="MergeHostException">The model cannot be run, or libtorch is not there.</exception>
    internal LanguageModel Load(ICheckpointReader checkpoint, ModelPrecision precision, BenchmarkContext context)
    {
        (ICheckpointReader, DeviceSpec, ModelPrecision) key = (checkpoint, context.Device, precision);
        if (_model is null || key != _key)
        {
            _model?.Dispose();
            _model = null;
            _model = Open(checkpoint, precision, context.Device);
            _key = key;
        }

        return _model;
    }
}
