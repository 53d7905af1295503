using System.Numerics.Tensors;
using MergeHost.Algebra;
using MergeHost.Plugins.Adapters.Changes;
using MergeHost.Plugins.Adapters.Files;
using MergeHost.Plugins.Adapters.Placing;

namespace MergeHost.Plugins.Adapters.Tuners;

/// <summary>VeRA: <c>W + diag(b)·B·diag(d)·A</c>, with random A and B that all modules share, cut to each module's size.</summary>
/// <seealso href="https://arxiv.org/abs/2310.11454">VeRA</seealso>
internal sealed class VeraTuner(AdapterFile adapter, BaseModel model) : AdapterTuner(adapter, model)
{
    private (Matrix<float> A, Matrix<float> B)? _shared;

    protected override void Add(AdapterModule module)
    {
        AdaptedTensor target = Weight(module);
        (Matrix<float> a, Matrix<float> b) = _shared ??= Adapter.Shared.Has("vera_A")
            ? (Adapter.Shared.Matrix("vera_A"), Adapter.Shared.Matrix("vera_B"))
            : Draw();
        float[] rows = module.Vector("vera_lambda_b");
        float[] ranks = module.Vector("vera_lambda_d");
        Expect(module, "vera_lambda_b", rows.Length == target.Out && b.Rows >= target.Out, target);
        Expect(module, "vera_lambda_d", ranks.Length == a.Rows && ranks.Length == b.Columns && a.Columns >= target.In, target);
        target.AddProduct(new(
            MatrixOperations.Make(target.Out, ranks.Length, (row, column) => rows[row] * b[row, column]),
            MatrixOperations.Make(ranks.Length, target.In, (row, column) => ranks[row] * a[row, column])));
    }

    // As PEFT draws them by torch, A first: uniform, with the bounds of Kaiming's start.
    private (Matrix<float> A, Matrix<float> B) Draw()
    {
        AdaptedTensor[] targets = [.. Adapter.Modules.Where(module => module.Has("vera_lambda_b")).Select(Weight)];
        int rank = Config.Whole("r", 256);
        int inputs = targets.Max(target => target.In);
        int outputs = targets.Max(target => target.Out);
        TorchRandom random = new(checked((uint)Config.Whole("projection_prng_key", 0)));
        return (new(rank, inputs, random.Uniform(rank * inputs, Bound(inputs))),
            new(outputs, rank, random.Uniform(outputs * rank, Bound(rank))));
    }

    private static double Bound(int inputs) => Math.Sqrt(3.0) * (Math.Sqrt(2) / Math.Sqrt(inputs));
}

/// <summary>RandLoRA: a sum of products of random factors that all modules share, each with
/// trained gains: full rank from few numbers.</summary>
/// <seealso href="https://arxiv.org/abs/2502.00987">RandLoRA</seealso>
internal sealed class RandLoraTuner(AdapterFile adapter, BaseModel model) : AdapterTuner(adapter, model)
{
    private const string A = "randlora_A";
    private const string B = "randlora_B";

    private (Matrix<float> A, Matrix<float> B)? _shared;

    protected override void Add(AdapterModule module)
    {
        AdaptedTensor target = Weight(module);
        AdapterModule holder = Adapter.Shared.Has(A) ? Adapter.Shared : module;
        if (!holder.Has(A))
        {
            throw Config.Wrong("'save_projection' is false, and the weights have no random factors",
                "Save the adapter again with `save_projection=True`.");
        }

        (Matrix<float> a, Matrix<float> b) = holder == Adapter.Shared
            ? _shared ??= (holder.Matrix(A), holder.Matrix(B))
            : (holder.Matrix(A), holder.Matrix(B));
        TensorShape shape = holder.Parts[B].Shape;
        if (module.Has(A))
        {
            module.Take(A);
            module.Take(B);
        }

        Matrix<float> lambda = module.Matrix("randlora_lambda");
        Matrix<float> gamma = module.Matrix("randlora_gamma");
        int small = Math.Min(target.Out, target.In);
        int large = Math.Max(target.Out, target.In);
        int count = lambda.Columns;
        int rank = lambda.Rows;
        Expect(module, "randlora_gamma", gamma.Rows == count && gamma.Columns == small, target);
        Expect(module, "randlora_lambda",
            shape.Rank == 3 && rank == a.Rows && rank == shape[2] && count <= shape[1] && b.Rows >= large && a.Columns >= small, target);
        double scale = Config.Number("randlora_alpha", 640) / Config.Number("r", 32);
        Factors factors = new(
            MatrixOperations.Make(large, count * rank, (row, k) => scale * b[row, k]),
            MatrixOperations.Make(count * rank, small,
                (k, column) => a[k / count, column] * lambda[k / count, k % count] * gamma[k % count, column]));
        target.AddProduct(target.In == small ? factors : factors.Transposed());
    }
}

/// <summary>VB-LoRA: <c>W + B·A</c>, whose factors are made of short vectors of one bank, each a mixture of a few.</summary>
/// <seealso href="https://arxiv.org/abs/2405.15179">VB-LoRA</seealso>
internal sealed class VbLoraTuner(AdapterFile adapter, BaseModel model) : AdapterTuner(adapter, model)
{
    private Matrix<float>? _bank;

    protected override void Add(AdapterModule module)
    {
        AdaptedTensor target = Weight(module);
        Matrix<float> bank = _bank ??= Adapter.Shared.Matrix("vblora_vector_bank");
        (Matrix<float> a, int rank, int pieces) = Mixed(module, "vblora_logits_A", bank);
        (Matrix<float> b, int tall, int ranks) = Mixed(module, "vblora_logits_B", bank);
        int length = bank.Columns;
        Expect(module, "vblora_logits_A", pieces * length == target.In && !target.IsTransposed, target);
        Expect(module, "vblora_logits_B", ranks == rank && tall * length == target.Out, target);
        target.AddProduct(new(
            MatrixOperations.Make(target.Out, rank, (row, k) => b[(row / length * rank) + k, row % length]),
            MatrixOperations.Make(rank, target.In, (k, column) => a[(k * pieces) + (column / length), column % length])));
    }

    // One mixed vector for each list of logits.
    private (Matrix<float> Vectors, int First, int Second) Mixed(AdapterModule module, string part, Matrix<float> bank)
    {
        TensorShape shape = module.Take(part).Shape;
        if (shape.Rank != 3 || shape[2] != bank.Rows)
        {
            throw module.Wrong(part, $"shape {shape}; expected one number for each of the bank's {bank.Rows} vectors");
        }

        float[] logits = module.Vector(part);
        int kept = Math.Min(Config.Whole("topk", 2), bank.Rows);
        Matrix<float> vectors = new(checked((int)(shape[0] * shape[1])), bank.Columns);
        for (int i = 0; i < vectors.Rows; i++)
        {
            float[] list = logits[(i * bank.Rows)..((i + 1) * bank.Rows)];
            int[] best = [.. Enumerable.Range(0, bank.Rows).OrderByDescending(index => list[index]).Take(kept)];
            double[] shares = [.. best.Select(index => Math.Exp(list[index] - (double)list[best[0]]))];
            for (int k = 0; k < kept; k++)
            {
                TensorPrimitives.MultiplyAdd(bank.Row(best[k]), (float)(shares[k] / shares.Sum()), vectors.Row(i), vectors.Row(i));
            }
        }

        return (vectors, (int)shape[0], (int)shape[1]);
    }
}

/// <summary>FourierFT: adds the inverse Fourier transform of a spectrum of which a few numbers at random places are trained.</summary>
/// <seealso href="https://arxiv.org/abs/2405.03003">FourierFT</seealso>
internal sealed class FourierTuner(AdapterFile adapter, BaseModel model) : AdapterTuner(adapter, model)
{
    protected override void Add(AdapterModule module)
    {
        AdaptedTensor target = Weight(module);
        float[] spectrum = module.Vector("fourierft_spectrum");
        double scale = Config.Number("scaling", 150) / ((double)target.Out * target.In);
        uint seed = checked((uint)Config.Whole("random_loc_seed", 777));
        target.Add(LowRankChange.Once(() => Made(target, spectrum, scale, seed), target.Rows));
    }

    // cos(a + b) = cos a·cos b − sin a·sin b: two ranks for each number of the spectrum.
    private static Factors Made(AdaptedTensor target, float[] spectrum, double scale, uint seed)
    {
        int height = target.Out;
        int width = target.In;
        long[] places = new TorchRandom(seed).Permutation((long)height * width, spectrum.Length);
        Factors factors = new(
            MatrixOperations.Make(height, 2 * spectrum.Length,
                (row, k) => scale * spectrum[k / 2] * (k % 2 == 0 ? 1 : -1) * Wave(places[k / 2] / width * row, height, k % 2)),
            MatrixOperations.Make(2 * spectrum.Length, width, (k, column) => Wave(places[k / 2] % width * column, width, k % 2)));
        return target.IsTransposed ? factors.Transposed() : factors;
    }

    private static double Wave(long turns, int period, int isSine)
    {
        (double sine, double cosine) = Math.SinCos(2 * Math.PI * (turns % period) / period);
        return isSine == 1 ? sine : cosine;
    }
}
