using System.Numerics.Tensors;
using MergeHost.Algebra;
using MergeHost.Plugins.Adapters.Changes;
using MergeHost.Plugins.Adapters.Files;
using MergeHost.Plugins.Adapters.Placing;

namespace MergeHost.Plugins.Adapters.Tuners;

/// <summary>OFT: <c>W·blockdiag(R)ᵀ</c>, each R a rotation of a skew matrix by Cayley's map, or by the first terms of its series.</summary>
/// <seealso href="https://arxiv.org/abs/2306.07280">OFT</seealso>
internal sealed class OftTuner(AdapterFile adapter, BaseModel model) : AdapterTuner(adapter, model)
{
    private const string Part = "oft_R";

    protected override void Add(AdapterModule module)
    {
        AdaptedTensor target = Weight(module);
        Matrix<float> entries = module.Matrix(Part);
        int size = (int)Math.Round((1 + Math.Sqrt(1 + (8.0 * entries.Columns))) / 2);
        bool fits = size * (size - 1) / 2 == entries.Columns && target.In % size == 0
            && entries.Rows == (Config.Is("block_share") ? 1 : target.In / size);
        Expect(module, Part, fits, target);
        double most = Config.Is("coft") ? Config.Number("eps", 6e-5) / Math.Sqrt(entries.Rows) : double.PositiveInfinity;
        int terms = Config.Is("use_cayley_neumann") ? Config.Whole("num_cayley_neumann_terms", 5) : 0;
        Matrix<float>[] blocks = [.. Enumerable.Range(0, entries.Rows)
            .Select(i => Rotation.Of(Rotation.Skew(entries.Row(i), size, most), size, terms))];
        target.Add(target.IsTransposed ? new RowMixChange(blocks) : new BlockRotationChange(blocks));
    }
}

/// <summary>BOFT: several rotations in blocks, each of columns in the order of a butterfly, and a factor for each output.</summary>
/// <seealso href="https://arxiv.org/abs/2311.06243">BOFT</seealso>
internal sealed class BoftTuner(AdapterFile adapter, BaseModel model) : AdapterTuner(adapter, model)
{
    protected override void Add(AdapterModule module)
    {
        const string part = "boft_R";
        AdaptedTensor target = Weight(module);
        TensorShape shape = module.Take(part).Shape;
        Expect(module, part, shape.Rank == 4 && !target.IsTransposed && shape[2] == shape[3] && shape[1] * shape[2] == target.In, target);
        float[] entries = module.Vector(part);
        float[] factors = module.Vector("boft_s");
        Expect(module, "boft_s", factors.Length == target.Out, target);
        int count = (int)shape[1];
        int size = (int)shape[2];
        for (int factor = 0; factor < shape[0]; factor++)
        {
            int first = factor * count;
            Matrix<float>[] blocks = [.. Enumerable.Range(first, count)
                .Select(i => Rotation.Of(Rotation.SkewPart(entries.AsSpan(i * size * size, size * size), size), size, 0))];
            target.Add(new ButterflyChange(Order(target.In, count >> factor, size / 2, shape[0] == 1), blocks));
        }

        target.Add(new RowScaleChange(factors));
    }

    private static int[] Order(int length, int parts, int run, bool isPlain)
    {
        int size = length / Math.Max(parts, 1);
        return isPlain ? [.. Enumerable.Range(0, length)]
            : [.. Enumerable.Range(0, length).Select(i =>
            {
                int steps = size / run;
                int step = i % size / run;
                int even = (steps + 1) / 2;
                int from = step < even ? 2 * step : (2 * (step - even)) + 1;
                return (i / size * size) + (from * run) + (i % run);
            })];
    }
}

/// <summary>HRA: <c>W·Π(I − 2u·uᵀ)</c>; with <c>apply_GS</c> the directions are made orthogonal first.</summary>
/// <seealso href="https://arxiv.org/abs/2405.17484">HRA</seealso>
internal sealed class HraTuner(AdapterFile adapter, BaseModel model) : AdapterTuner(adapter, model)
{
    protected override void Add(AdapterModule module)
    {
        const string part = "hra_u";
        AdaptedTensor target = Weight(module);
        Matrix<float> columns = module.Matrix(part);
        Expect(module, part, columns.Rows == target.In && !target.IsTransposed, target);
        bool isOrthogonal = Config.Is("apply_GS");
        List<double[]> directions = [];
        for (int i = 0; i < columns.Columns; i++)
        {
            double[] u = new double[columns.Rows];
            for (int row = 0; row < u.Length; row++)
            {
                u[row] = columns[row, i];
            }

            foreach (double[] before in isOrthogonal ? directions : [])
            {
                double product = TensorPrimitives.Dot<double>(before, u);
                TensorPrimitives.MultiplyAdd(before, -product, u, u);
            }

            double norm = TensorPrimitives.Norm<double>(u);
            TensorPrimitives.Divide(u, norm, u);
            directions.Add(u);
        }

        target.Add(new ReflectionChange(MatrixOperations.Make(directions.Count, columns.Rows, (row, column) => directions[row][column])));
    }
}

/// <summary>RoAd: outputs rotated and scaled two by two, with the bias.</summary>
/// <seealso href="https://arxiv.org/abs/2409.00119">RoAd</seealso>
internal sealed class RoadTuner(AdapterFile adapter, BaseModel model) : AdapterTuner(adapter, model)
{
    protected override void Add(AdapterModule module)
    {
        const string part = "road_theta";
        AdaptedTensor target = Weight(module);
        float[] theta = module.Vector(part);
        float[] alpha = module.Vector("road_alpha");
        int size = Config.Whole("group_size", 64);
        int half = size / 2;
        string variant = Config.Text("variant") ?? "road_1";
        int perGroup = variant switch
        {
            "road_1" => half,
            "road_2" => size,
            "road_4" => 2 * size,
            _ => throw Config.Wrong($"'variant' is '{variant}'; known are road_1, road_2 and road_4")
        };
        Expect(module, part,
            size > 1 && size % 2 == 0 && target.Out % size == 0 && theta.Length == target.Out / size * perGroup
                && alpha.Length == theta.Length && !target.IsTransposed, target);
        Matrix<float>[] blocks =
        [
            .. Enumerable.Range(0, target.Out / size).Select(group => MatrixOperations.Make(size, size, (row, column) =>
            {
                int at = (group * perGroup) + (variant == "road_1" ? row % half : row);
                int sine = variant == "road_4" ? at + size : at;
                return row == column ? alpha[at] * Math.Cos(theta[at])
                    : column == row + half ? -alpha[sine] * Math.Sin(theta[sine])
                    : column == row - half ? alpha[sine] * Math.Sin(theta[sine])
                    : 0;
            })),
        ];
        target.Add(new RowMixChange(blocks));
        if (Model.Find(module.Name, "bias") is { } bias)
        {
            bias.Add(new RowMixChange(blocks));
        }
    }
}
