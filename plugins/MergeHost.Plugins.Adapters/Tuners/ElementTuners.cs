using MergeHost.Algebra;
using MergeHost.Plugins.Adapters.Changes;
using MergeHost.Plugins.Adapters.Files;
using MergeHost.Plugins.Adapters.Placing;

namespace MergeHost.Plugins.Adapters.Tuners;

/// <summary>(IA)³: outputs times a learned vector, with the bias; of modules that feed forward, inputs.</summary>
/// <seealso href="https://arxiv.org/abs/2205.05638">T-Few</seealso>
internal sealed class Ia3Tuner(AdapterFile adapter, BaseModel model) : AdapterTuner(adapter, model)
{
    private const string Part = "ia3_l";

    protected override void Add(AdapterModule module)
    {
        AdaptedTensor target = Weight(module);
        float[] factors = module.Vector(Part);
        bool isOfInputs = Config.Selects("feedforward_modules", module.Name);
        int kernel = target.Info.Shape.Rank > 2 && isOfInputs ? target.In / (int)target.Info.Shape[1] : 1;
        factors = kernel == 1 ? factors : [.. factors.SelectMany(factor => Enumerable.Repeat(factor, kernel))];
        Expect(module, Part, factors.Length == (isOfInputs ? target.In : target.Out), target);
        target.Add(isOfInputs == target.IsTransposed ? new RowScaleChange(factors) : new ColumnScaleChange(factors));
        if (!isOfInputs && Model.Find(module.Name, "bias") is { } bias)
        {
            bias.Add(new RowScaleChange(factors));
        }
    }
}

/// <summary>HiRA: <c>W∘(1 + B·A)</c>.</summary>
/// <seealso href="https://openreview.net/forum?id=TwJrTz9cRS">HiRA</seealso>
internal sealed class HiraTuner(AdapterFile adapter, BaseModel model) : AdapterTuner(adapter, model)
{
    protected override void Add(AdapterModule module)
    {
        AdaptedTensor target = Weight(module);
        Factors factors = Fitting(module, "hira_B", "hira_A", target, new(module.Matrix("hira_B"), module.Matrix("hira_A")));
        target.Add(new GainChange(target.IsTransposed ? factors.Transposed() : factors, target.Rows));
    }
}

/// <summary>SHiRA: numbers at places of the file are added.</summary>
/// <seealso href="https://arxiv.org/abs/2406.13175">SHiRA</seealso>
internal sealed class ShiraTuner(AdapterFile adapter, BaseModel model) : AdapterTuner(adapter, model)
{
    protected override void Add(AdapterModule module)
    {
        AdaptedTensor target = Weight(module);
        float[] values = module.Vector("shira_weight");
        int[] places = module.Indices("shira_indices");
        int count = values.Length;
        bool fits = places.Length == 2 * count && places.Take(count).All(row => row >= 0 && row < target.Rows)
            && places.Skip(count).All(column => column >= 0 && column < target.Columns);
        Expect(module, "shira_indices", fits, target);
        target.Add(new SparseChange([.. values.Select((value, i) => (places[i], places[count + i], value)).OrderBy(entry => entry.Item1)]));
    }
}

/// <summary>C³A: adds a matrix of circulant blocks, over the number of inputs.</summary>
/// <seealso href="https://arxiv.org/abs/2407.19342">C³A</seealso>
internal sealed class C3aTuner(AdapterFile adapter, BaseModel model) : AdapterTuner(adapter, model)
{
    protected override void Add(AdapterModule module)
    {
        const string part = "c3a_kernel";
        AdaptedTensor target = Weight(module);
        TensorShape shape = module.Take(part).Shape;
        Expect(module, part,
            shape.Rank == 3 && !target.IsTransposed && shape[0] * shape[2] == target.Out && shape[1] * shape[2] == target.In, target);
        int inputs = target.In;
        target.Add(new CirculantChange(new((int)(shape[0] * shape[1]), (int)shape[2],
            module.Vector(part).Select(value => value / inputs).ToArray())));
    }
}

/// <summary>MiSS: a short vector for each output is added to its inputs again and again;
/// <c>bat</c> adds W·M + M, square by square.</summary>
/// <seealso href="https://arxiv.org/abs/2409.15371">MiSS</seealso>
internal sealed class MissTuner(AdapterFile adapter, BaseModel model) : AdapterTuner(adapter, model)
{
    private const string Part = "miss_block";

    protected override void Add(AdapterModule module)
    {
        AdaptedTensor target = Weight(module);
        Matrix<float> block = module.Matrix(Part);
        TensorShape shape = module.Parts[Part].Shape;
        if (Config.Text("init_weights") == "bat")
        {
            int size = (int)shape.RowLength;
            Expect(module, Part,
                shape.Rank == 3 && !target.IsTransposed && shape[1] == size && block.Rows * size == target.Out && target.In % size == 0,
                target);
            target.Add(new BlockAffineChange([.. Enumerable.Range(0, block.Rows)
                .Select(i => new Matrix<float>(size, size, block.Row(i).ToArray()))]));
            return;
        }

        Expect(module, Part, shape.Rank == 2 && !target.IsTransposed && block.Columns > 0 && target.Out % block.Columns == 0, target);
        target.Add(new RepeatedChange(MatrixOperations.Make(target.Out, block.Rows, (row, k) => block[k, row % block.Columns])));
    }
}
