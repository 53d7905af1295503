using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using MergeHost.Algebra;
using MergeHost.Checkpoints;
using MergeHost.Kernels.Algebra;
using MergeHost.Models;
using MergeHost.Models.Calls;
using MergeHost.Output;
using MergeHost.Plugins;
using MergeHost.Plugins.Metadata;
using MergeHost.Reports;
using MergeHost.Running.Data;
using MergeHost.Runtimes;

namespace MergeHost.Activations;

/// <summary>Takes statistics of a model's activations: runs it over a text, as often as memory
/// asks for, and writes them to one file.</summary>
internal sealed class ActivationRunner(
    PluginSet plugins, PluginHost host, StatisticsRequest request, MergeOptions options, IProgress<MergeProgress>? progress,
    CancellationToken cancellation)
{
    private const string Extension = ".safetensors";
    private const int MostTextBytes = 1 << 30;

    private readonly ManagedLinearAlgebra _algebra = new(options.Threads);
    private readonly StatisticsLayout _layout = new(request.HasGrams);
    // In the order in which the model uses them, which a set that nothing is removed from keeps.
    private readonly HashSet<string> _seen = [];
    private readonly HashSet<string> _written = [];
    private readonly Dictionary<string, string> _digests = [];
    private ICheckpointWriter? _writer;

    /// <inheritdoc cref="MergeEngine.TakeStatistics"/>
    public StatisticsSummary Run(string checkpoint, string textPath, string output)
    {
        CheckOutput(output);
        string text = NamedText.Read(textPath, MostTextBytes, ErrorCodes.BadTaskData, "Name a text in UTF-8.");
        string textDigest = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
        using ModelResolver models = new(plugins, host);
        InputModel model = models.Open(checkpoint);
        using IObservableModel running = Load(model);
        IReadOnlyList<int>[] windows = Cut(text, running, textPath);
        foreach (TensorInfo tensor in model.Stored)
        {
            cancellation.ThrowIfCancellationRequested();
            _digests[tensor.Name] = TensorDigest.Of(tensor, model.Open().Read);
        }

        string folder = output + ".partial";
        try
        {
            Remove(folder);
            Directory.CreateDirectory(folder);
            int passes = 0;
            for (; passes == 0 || _written.Count < _seen.Count; passes++)
            {
                Dictionary<string, InputSums> sums = Read(model, running, windows, Encoding.UTF8.GetByteCount(text));
                _writer ??= Create(folder, model, windows, textPath, textDigest);
                Write(sums, model);
            }

            _writer!.Complete();
            string made = Path.Combine(folder, _writer.Files.Single());
            _writer.Dispose();
            File.Move(made, output, options.Force);
            return new StatisticsSummary(
                output, checkpoint, windows.Sum(window => (long)window.Count), windows.Length, passes, [.. _seen],
                new FileInfo(output).Length);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw OutputException.WriteFailed(output, exception);
        }
        finally
        {
            _writer?.Dispose();
            Remove(folder);
        }
    }

    private void CheckOutput(string output)
    {
        if (!output.EndsWith(Extension, StringComparison.OrdinalIgnoreCase) || Directory.Exists(output))
        {
            throw new OutputException(new Problem(ErrorCodes.WriteFailed,
                $"{output}: statistics are one file, and this is {(Directory.Exists(output) ? "a folder" : "no name of one")}",
                $"Name it '{Path.TrimEndingDirectorySeparator(output)}{Extension}'."));
        }

        if (File.Exists(output) && !options.Force)
        {
            throw OutputException.FileExists(output);
        }
    }

    private IObservableModel Load(InputModel model)
    {
        InstalledExport runtime = plugins.FindRuntime();
        ILanguageModel loaded = host.Load(runtime, model.Open(), options);
        if (loaded is IObservableModel observable)
        {
            return observable;
        }

        loaded.Dispose();
        throw new MergeHostException(new Problem(ErrorCodes.CheckpointNotRunnable,
            $"the runtime '{runtime.Export.Id}' does not let activations be looked at"), null);
    }

    // A window begins as the model's texts do.
    private IReadOnlyList<int>[] Cut(string text, ILanguageModel model, string path)
    {
        int length = request.Window ?? Math.Min(StatisticsRequest.UsualWindow, model.MaxPositions);
        if (length > model.MaxPositions)
        {
            throw new MergeHostException(new Problem(ErrorCodes.CheckpointNotRunnable,
                $"a window of {length} tokens is longer than the {model.MaxPositions} that the model was made for",
                "Make --window smaller."), null);
        }

        IReadOnlyList<int> start = model.Encode("", begins: true);
        IReadOnlyList<int> ids = model.Encode(text, begins: false);
        IReadOnlyList<int>[] windows = [.. ids.Take(request.Tokens).Chunk(Math.Max(1, length - start.Count))
            .Select(ids => (IReadOnlyList<int>)[.. start, .. ids])];
        return windows.Length > 0
            ? windows
            : throw new MergeHostException(new Problem(ErrorCodes.BadTaskData, $"{path}: the text is empty",
                "Name a text of the model's task."), null);
    }

    // Weights that memory has no room for wait for the next pass.
    private Dictionary<string, InputSums> Read(InputModel model, IObservableModel running, IReadOnlyList<int>[] windows, long textBytes)
    {
        Dictionary<string, InputSums> sums = [];
        HashSet<string> waiting = [];
        long room = options.TensorBytes;
        Func<Matrix<float>>? last = null;
        InputSums? lastSums = null;
        foreach ((int index, IReadOnlyList<int> window) in windows.Index())
        {
            running.ObserveInputs([window], Add, cancellation);
            progress?.Report(new MergeProgress(null, textBytes * (index + 1) / windows.Length, textBytes, index + 1, windows.Length));
        }

        return sums;

        void Add(string weight, Func<Matrix<float>> inputs)
        {
            if (!_written.Contains(weight) && model.Tensors.TryGetValue(weight, out TensorInfo? tensor))
            {
                _seen.Add(weight);
                InputSums? own = SumsOf(tensor, isShared: inputs == last);
                if (own is not null && (inputs != last || own != lastSums))
                {
                    own.Add(inputs(), _algebra);
                }

                (last, lastSums) = (inputs, own);
            }
        }

        InputSums? SumsOf(TensorInfo weight, bool isShared)
        {
            if (waiting.Contains(weight.Name) || sums.TryGetValue(weight.Name, out InputSums? own))
            {
                return sums.GetValueOrDefault(weight.Name);
            }

            long needed = isShared ? 0 : InputSums.Needed(weight.Shape.RowLength, request.HasGrams);
            if ((isShared && lastSums is null) || (needed > room && sums.Count > 0))
            {
                waiting.Add(weight.Name);
                return null;
            }

            room -= needed;
            return sums[weight.Name] = isShared ? lastSums! : new InputSums((int)weight.Shape.RowLength, request.HasGrams);
        }
    }

    private ICheckpointWriter Create(string folder, InputModel model, IReadOnlyList<int>[] windows, string textPath, string textDigest)
    {
        IWritableCheckpointFormat format = (IWritableCheckpointFormat)host.Create<ICheckpointFormat>(plugins.Resolve(ExportKind.Format,
            "safetensors", null));
        return format.Create(folder, new CheckpointLayout
        {
            Tensors = [.. _seen.SelectMany(weight => _layout.Of(model.Tensors[weight]))],
            ShardSizeBytes = long.MaxValue,
            Metadata =
            [
                new("statistics", "activations"),
                new("model", model.Name),
                new("model_digest",
                    TensorDigest.OfAll(_digests.OrderBy(digest => digest.Key, StringComparer.Ordinal).Select(digest => digest.Value))),
                new("text", Path.GetFileName(textPath)),
                new("text_sha256", textDigest),
                new("tokens", windows.Sum(window => (long)window.Count).ToString(CultureInfo.InvariantCulture)),
                new("window", windows.Max(window => window.Count).ToString(CultureInfo.InvariantCulture)),
            ],
        });
    }

    private void Write(Dictionary<string, InputSums> sums, InputModel model)
    {
        foreach ((string weight, InputSums own) in sums)
        {
            IReadOnlyList<TensorInfo> tensors = _layout.Of(model.Tensors[weight]);
            foreach ((TensorInfo tensor, float[] means) in tensors.Zip(own.Means()))
            {
                _writer!.Write(tensor, 0, MemoryMarshal.AsBytes(means.AsSpan()));
            }

            _writer!.Write(tensors[^1], 0, Convert.FromHexString(_digests[weight]));
            _written.Add(weight);
        }
    }

    private static void Remove(string folder)
    {
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
