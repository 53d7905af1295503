using MergeHost.Algebra;
using MergeHost.Builders;
using MergeHost.Kernels.Algebra.Matrices;
using MergeHost.Kernels.Vectors;
using MergeHost.Plugins.Adapters.Changes;
using MergeHost.Plugins.Adapters.Files;
using MergeHost.Plugins.Adapters.Placing;
using MergeHost.Strategies;

namespace MergeHost.Plugins.Adapters.Building;

/// <summary>Parameters that are no module's weight, such as the matrices of all experts in one
/// tensor: PEFT targets them by their names.</summary>
/// <remarks>
/// Of a module with several, the factors of the one that its class defines last lie under the module's name, those of each before it one
/// <c>base_layer</c> deeper. Experts have a product each, all of one rank.
/// </remarks>
internal sealed class ExtractedParameters(AdapterPlan plan, BuilderContext context, ExtractOptions options,
    System.Text.Json.Nodes.JsonObject? config)
{
    private readonly List<(string Module, string Parameter, TensorInfo Tensor, int Rank)> _parameters = [];

    /// <summary>Takes a parameter in.</summary>
    /// <param name="tensor">The parameter: a matrix, or one for each expert.</param>
    /// <param name="name">Its name in the loaded model.</param>
    /// <param name="rank">The rank of each product.</param>
    public void Add(TensorInfo tensor, string name, int rank) =>
        _parameters.Add((name[..name.LastIndexOf('.')], name[(name.LastIndexOf('.') + 1)..], tensor, rank));

    /// <summary>Plans the factors.</summary>
    public void AddAll()
    {
        foreach (IGrouping<string, (string Module, string Parameter, TensorInfo Tensor, int Rank)> module in _parameters.GroupBy(
            parameter => parameter.Module))
        {
            (string Module, string Parameter, TensorInfo Tensor, int Rank)[] defined = [.. module.OrderBy(parameter =>
                TargetedParameters.PlaceOf(parameter.Parameter))];
            for (int i = 0; i < defined.Length; i++)
            {
                Add(module.Key, defined[i].Parameter, defined[i].Tensor, defined[i].Rank, defined.Length - 1 - i);
            }
        }
    }

    private void Add(string module, string parameter, TensorInfo tensor, int rank, int depth)
    {
        int rows = checked((int)tensor.Shape[tensor.Shape.Rank - 2]);
        int columns = checked((int)tensor.Shape.RowLength);
        int count = checked((int)(tensor.ElementCount / ((long)rows * columns)));
        bool isTransposed = tensor.Shape.Rank == 3 && ExpertStack.IsTransposed(config);
        FactorShape shape =
            new(rank, isTransposed ? rows : columns, isTransposed ? columns : rows, Parameter: parameter) { Count = count, Depth = depth };
        BlueprintSource[] sources = [new(context.Base!, tensor.Name), new(options.Tuned, tensor.Name)];
        (string a, string b) = AdapterPlan.NamesOf(module, shape);
        plan.AddModule(module, shape, sources, Treatment.Make(made =>
        {
            LowRankApproximation approximation = new(made.Algebra, context.Seed, options.Exact);
            double whole = 0;
            double left = 0;
            for (int expert = 0; expert < count; expert++)
            {
                long first = (long)expert * rows * columns;
                float[] difference = made.Read(sources[1], first, rows * columns);
                RunArithmetic.Subtract(difference, made.Read(sources[0], first, rows * columns), difference);
                Matrix<float> change = new(rows, columns, difference);
                change = isTransposed ? change.Transpose() : change;
                Factors product = approximation.Of(change, rank, $"{tensor.Name}.{expert}");
                whole += Square(ExtractedModule.Norm(difference));
                left += Square(ExtractedModule.Left(change, product));
                product.WriteExpert(expert, count, made.Result(a), made.Result(b));
                made.Cancellation.ThrowIfCancellationRequested();
            }

            made.Note(b, "rank", rank);
            made.Note(b, "residual", whole == 0 ? 0 : Math.Sqrt(left / whole));
        }, scratchBytes: 6L * sizeof(float) * rows * columns, holdsSources: false));
    }

    private static double Square(double value) => value * value;
}
