using System.Numerics.Tensors;
using MergeHost.Algebra;
using MergeHost.Models.Calls;
using MergeHost.Plans;
using MergeHost.Running.Data;
using MergeHost.Running.Scheduling;
using MergeHost.Strategies;

namespace MergeHost.Running.Tensors;

/// <summary>Makes a tensor from whole tensors in memory: one block, on one thread.</summary>
internal sealed class WholeTensorPhase(
    TensorPlan plan, TensorData data, WholeTensorTreatment treatment, TensorOutput output, RunContext context,
    CancellationToken cancellation) : ITensorPhase
{
    public int BlockCount => 1;

    public void Run(int block, BlockWorker worker)
    {
        bool hasBase = plan.Base is not null;
        Matrix<float>[] inputs = [.. plan.Inputs.Select((_, index) => Read(index, worker))];
        Matrix<float> result = Shaped(new float[data.ElementCount]);
        WholeTensors tensors = new()
        {
            Output = plan.Output,
            Base = hasBase ? inputs[0] : null,
            Sources = hasBase ? inputs[1..] : inputs,
            Result = result,
            Cancellation = cancellation,
        };
        data.Guard(() =>
        {
            try
            {
                Make(tensors);
            }
            catch (ArithmeticException exception) when (NotFinite(inputs) is { } input)
            {
                throw NonFinite.Error(input.Tensor.Name, input.Model.Name, exception);
            }
        });
        for (int number = 0; number < data.BlockCount; number++)
        {
            foreach (BlockPart part in data.Parts(number))
            {
                output.Take(part, result.Elements.Span.Slice((int)part.FirstElement, part.Count), worker);
            }

            output.Write(data.Whole(number), worker);
        }
    }

    private void Make(WholeTensors tensors)
    {
        if (treatment is not ChangeTreatment change || context.Options.Changes is not { } kept)
        {
            treatment.Merge(tensors, context.Device.Algebra, context.Options.Device);
            return;
        }

        Span<float> elements = tensors.Result.Elements.Span;
        if (!kept.TryRead(plan.Output.Name, elements))
        {
            change.Make(tensors, context.Device.Algebra);
            kept.Keep(plan.Output.Name, elements);
        }

        change.Add(tensors);
    }

    private InputTensor? NotFinite(Matrix<float>[] inputs) =>
        plan.Inputs.Zip(inputs).FirstOrDefault(input => !TensorPrimitives.IsFiniteAll<float>(input.Second.Elements.Span)).First;

    private unsafe Matrix<float> Read(int index, BlockWorker worker)
    {
        float[] values = new float[data.ElementCount];
        for (int block = 0; block < data.BlockCount; block++)
        {
            data.Decode(index, data.Whole(block), data.LoadStored(index, block, worker),
                values.AsSpan((int)data.FirstElement(block), data.Length(block)));
        }

        return Shaped(values);
    }

    // A vector is one row; of more extents than two all but the last are rows.
    private Matrix<float> Shaped(float[] values)
    {
        int columns = (int)plan.Output.Shape.RowLength;
        return new Matrix<float>(columns == 0 ? 0 : values.Length / columns, columns, values);
    }
}
