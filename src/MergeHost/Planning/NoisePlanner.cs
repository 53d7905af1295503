using System.Globalization;
using System.Numerics.Tensors;
using MergeHost.Architectures;
using MergeHost.Kernels.DTypes;
using MergeHost.Models;
using MergeHost.Plans;
using MergeHost.Recipes;

namespace MergeHost.Planning;

/// <summary>Tells where quantisation drowns what a model learned: task vectors of quantised
/// files are partly what was rounded off.</summary>
/// <remarks>
/// The power of a task vector is compared with that of the rounding in both models, <c>r²·E(w²)</c> with r of
/// <see cref="DType.RoundingNoise"/>: <c>SNR = E(τ²) / (r²·E(source²) + r²·E(base²)) − 1</c>. A few runs of a few tensors of each kind are
/// read. Rounding of models that are nearly equal is alike, so that the true ratio may be better.
/// </remarks>
internal sealed class NoisePlanner(RecipeStage stage, IReadOnlyList<TensorPlan> tensors, List<Problem> problems)
{
    private const int TensorsOfAKind = 8;
    private const int Runs = 4;
    private const int RunElements = 2048;
    private const int MostNamed = 4;

    /// <summary>Adds a problem for each source that learned too little somewhere.</summary>
    public void Check()
    {
        Dictionary<(InputModel Model, string Kind), List<(InputTensor Source, InputTensor Base)>> kinds = [];
        foreach (TensorPlan tensor in tensors.Where(tensor => tensor.Copied is null && tensor.Base is not null))
        {
            foreach (InputTensor source in tensor.Sources.Where(source => IsNoisy(source, tensor.Base!)))
            {
                (InputModel, string) kind = (source.Model, KindOf(tensor.Output.Name));
                kinds.TryAdd(kind, []);
                kinds[kind].Add((source, tensor.Base!));
            }
        }

        foreach (InputModel model in kinds.Keys.Select(kind => kind.Model).Distinct())
        {
            List<(string Kind, DType Type, double Snr)> measured = [];
            foreach (((InputModel _, string kind),
                List<(InputTensor Source, InputTensor Base)> pairs) in kinds.Where(kind => kind.Key.Model == model))
            {
                if (Measure(pairs) is { } snr)
                {
                    measured.Add((kind, pairs[0].Source.Tensor.DType, snr));
                }
            }

            Report(model, measured);
        }
    }

    // What an earlier stage makes cannot be read yet.
    private static bool IsNoisy(InputTensor source, InputTensor @base) =>
        (IsCoarse(source.Tensor.DType) || IsCoarse(@base.Tensor.DType))
        && source.Tensor.ElementCount > 0 && source.Tensor.Shape == @base.Tensor.Shape && source.Model.IsMade && @base.Model.IsMade;

    // Quantised, or given as float32 by a transform that says how much was rounded off.
    private static bool IsCoarse(DType type) => type.Kind == DTypeKind.Quantized || type.RoundingNoise > DType.BF16.RoundingNoise;

    private static string KindOf(string name) =>
        string.Join('.',
            (LayerTensorName.Parse(name)?.Rest ?? name).Split('.')
                .Where(part => part.Length > 0 && part != "weight" && !part.All(char.IsAsciiDigit)));

    // Null where nothing was learned at all.
    private static double? Measure(List<(InputTensor Source, InputTensor Base)> pairs)
    {
        double learned = 0;
        double noise = 0;
        for (int index = 0; index < Math.Min(pairs.Count, TensorsOfAKind); index++)
        {
            (InputTensor source, InputTensor @base) = pairs[(int)((long)index * pairs.Count / Math.Min(pairs.Count, TensorsOfAKind))];
            long runs = Math.Clamp(source.Tensor.ElementCount / RunElements, 1, Runs);
            for (long run = 0; run < runs; run++)
            {
                long first = source.Tensor.ElementCount / RunElements * run / runs * RunElements;
                float[] ours = Read(source, first);
                float[] theirs = Read(@base, first);
                noise += Power(source.Tensor.DType, ours) + Power(@base.Tensor.DType, theirs);
                TensorPrimitives.Subtract(ours, theirs, ours);
                learned += TensorPrimitives.SumOfSquares<float>(ours);
            }
        }

        return learned > 0 && noise > 0 ? Math.Max(0, (learned / noise) - 1) : null;
    }

    private static double Power(DType type, float[] numbers) =>
        type.RoundingNoise * type.RoundingNoise * TensorPrimitives.SumOfSquares<float>(numbers);

    private static float[] Read(InputTensor input, long first)
    {
        float[] numbers = new float[Math.Min(RunElements, input.Tensor.ElementCount - first)];
        input.Model.Open().ReadSingle(input.Tensor, first, numbers);
        return numbers;
    }

    private void Report(InputModel model, IReadOnlyList<(string Kind, DType Type, double Snr)> kinds)
    {
        bool fails = kinds.Any(kind => kind.Snr < stage.NoiseLimits.FailBelow);
        double limit = fails ? stage.NoiseLimits.FailBelow : stage.NoiseLimits.WarnBelow;
        List<(string Kind, DType Type, double Snr)> drowned = [.. kinds.Where(kind => kind.Snr < limit).OrderBy(kind => kind.Snr)];
        if (drowned.Count == 0)
        {
            return;
        }

        IEnumerable<string> named = drowned.Take(MostNamed)
            .Select(kind => string.Create(CultureInfo.InvariantCulture,
                $"{kind.Snr:0.##} in {kind.Kind} ({(kind.Type.Kind == DTypeKind.Quantized ? kind.Type : "packed")})"));
        string others = drowned.Count > MostNamed ? $", and below it in {drowned.Count - MostNamed} other kinds" : "";
        problems.Add(new Problem(
            ErrorCodes.NoisyTaskVector,
            string.Create(CultureInfo.InvariantCulture,
                $"'{model.Name}': what it learned is little against what quantisation rounded off; the ratio of power "
                    + $"is {string.Join(", ", named)}{others}; the limit is {limit:0.##}"),
            "Merge the unquantised models, or Q8_0 files of them; or set `task_vector_snr:`.",
            stage.Models.FirstOrDefault(reference => reference.Name == model.Name)?.Place ?? stage.Place,
            fails ? Severity.Error : Severity.Warning));
    }
}
