using MergeHost.Kernels.Algebra;
using MergeHost.Strategies;
using MergeHost.Testing;

namespace MergeHost.Plugins.Tests.Strategies;

/// <summary>What every method must do that merges task vectors as matrices.</summary>
/// <typeparam name="TStrategy">The method.</typeparam>
public abstract class MatrixLaws<TStrategy> : MergeStrategyContract<TStrategy>
    where TStrategy : IMergeStrategy, new()
{
    /// <summary>The formula in float64, on the task vectors.</summary>
    internal abstract double[,] Formula(IReadOnlyList<double[,]> taskVectors);

    [Theory]
    [InlineData(24, 40, 3)]
    [InlineData(40, 24, 2)]
    [InlineData(30, 30, 5)]
    [InlineData(16, 90, 2)]
    [InlineData(20, 40, 2)]
    [InlineData(12, 36, 3)]
    public void Merge_OfMatrices_AgreesWithTheFormulaInFloat64(int rows, int columns, int sources)
    {
        TensorValues values = TaskVectors([rows, columns], sources);
        double[,] expected = Formula([.. values.Sources.Select(source => Oracle.Of(source, rows, columns))]);
        Oracle.AssertAgree(expected, Merge(values, ValidOptions));
    }

    [Fact]
    public void Merge_OfSeveralMatricesInOneTensor_MergesEachByItself()
    {
        TensorValues both = TaskVectors([2, 12, 20], 2);
        float[] merged = Merge(both, ValidOptions);
        for (int i = 0; i < 2; i++)
        {
            Range part = (240 * i)..(240 * (i + 1));
            TensorValues one = new([12, 20], both.Base[part], [.. both.Sources.Select(source => source[part])]);
            Assert.Equal(Merge(one, ValidOptions), merged[part]);
        }
    }

    [Fact]
    public void Merge_OnSeveralThreads_GivesTheSameBits()
    {
        TensorValues values = TaskVectors([130, 120], 3);
        if (Strategy.Merge(values.Group(ValidOptions, StrategyRunner.UsesBase(Strategy))) is not WholeTensorTreatment whole)
        {
            Assert.Fail("a matrix is not treated as one");
            return;
        }

        float[] result = new float[130 * 120];
        whole.Merge(new WholeTensors
        {
            Output = values.Output,
            Base = StrategyRunner.UsesBase(Strategy) ? new(130, 120, values.Base) : null,
            Sources = [.. values.Sources.Select(source => new MergeHost.Algebra.Matrix<float>(130, 120, source))],
            Result = new(130, 120, result),
        }, new ManagedLinearAlgebra(threads: 4), default);
        Assert.Equal(Merge(values, ValidOptions), result);
    }

    [Theory]
    [InlineData(0.3)]
    [InlineData(-2)]
    public void Merge_AtAnyLambda_AddsThatMuchOfOneChange(double lambda)
    {
        TensorValues values = TaskVectors([24, 40], 3);
        bool usesBase = StrategyRunner.UsesBase(Strategy);
        Assert.Equal(usesBase, Strategy.Merge(values.Group(ValidOptions, usesBase)) is ChangeTreatment);
        if (!usesBase)
        {
            return;
        }

        Assert.Equal(Merge(values, WithLambda(1)).Select(number => number * (float)lambda), Merge(values, WithLambda(lambda)));

        // Of ValidOptions only λ is other.
        object WithLambda(double factor)
        {
            object options = ValidOptions.GetType().GetMethod("<Clone>$")!.Invoke(ValidOptions, null)!;
            options.GetType().GetProperty("Lambda")!.SetValue(options, factor);
            return options;
        }
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void Merge_OfANumberThatIsNotFinite_EndsTheMerge(float number)
    {
        TensorValues values = TaskVectors([12, 20], 2);
        values.Sources[1][7] = number;
        Assert.Throws<ArithmeticException>(() => Merge(values, ValidOptions));
    }

    /// <summary>Sources whose base is zeros, so that nothing of a task vector is rounded away.</summary>
    internal static TensorValues TaskVectors(TensorShape shape, int sources)
    {
        TensorValues values = Some.Group(shape, sources, seed: 3);
        return values with
        {
            Base = new float[values.Base.Length],
            Sources = [.. values.Sources.Select(source => source.Zip(values.Base, (x, y) => x - y).ToArray())]
        };
    }
}
