using System.ComponentModel.DataAnnotations;
using System.Reflection;
using System.Runtime.CompilerServices;
using MergeHost.Kernels.Methods;
using MergeHost.Kernels.Vectors;
using MergeHost.Lanes;
using MergeHost.Strategies;

namespace MergeHost.Testing;

/// <summary>What every merge strategy must do.</summary>
/// <param name="strategy">The strategy.</param>
public class StrategyConformance(IMergeStrategy strategy) : Conformance
{
    // As GGUF's Q8_0: 32 numbers and their scale.
    private static readonly DType _blocks = new("Q8_0", DTypeKind.Quantized, 34, 32);

    /// <summary>The strategy.</summary>
    protected IMergeStrategy Strategy => strategy;

    /// <summary>Options that are valid for every tensor; by default those of the record, with 0.5 for what is required.</summary>
    protected virtual object ValidOptions
    {
        get
        {
            object options = Activator.CreateInstance(Strategy.OptionsType)!;
            foreach (PropertyInfo property in Strategy.OptionsType.GetProperties()
                .Where(property => property.IsDefined(typeof(RequiredMemberAttribute))))
            {
                property.SetValue(options, 0.5);
            }

            return options;
        }
    }

    // The fewest sources that the strategy takes, and more if it does.
    private IEnumerable<int> SourceCounts
    {
        get
        {
            MergeStrategyAttribute attribute = StrategyRunner.Attribute(strategy);
            return Enumerable.Range(attribute.MinSources,
                Math.Min(attribute.MaxSources, attribute.MinSources + 2) - attribute.MinSources + 1);
        }
    }

    /// <summary>Tries all laws.</summary>
    /// <param name="strategy">The strategy.</param>
    /// <param name="options">Options that are valid for every tensor; by default those of the record.</param>
    /// <returns>Those that are broken.</returns>
    public static IReadOnlyList<Violation> Check(IMergeStrategy strategy, object? options = null) => new Given(strategy, options).Check();

    /// <summary>Merges numbers in memory.</summary>
    protected float[] Merge(TensorValues values, object options, long seed = 0) =>
        StrategyRunner.Merge(Strategy, values, options, seed: seed);

    /// <summary>Finite inputs give a finite result, for every shape.</summary>
    [Law]
    public void Merge_OfFiniteTensors_IsFinite() => Assert.All(SourceCounts, sources =>
    {
        foreach (TensorShape shape in new TensorShape[] { [8, 4], [1], [130], [3, 5, 7], [64, 80] })
        {
            float[] result = Merge(Some.Group(shape, sources), ValidOptions);
            Assert.Equal(shape.ElementCount, result.Length);
            AssertFinite(result);
        }
    });

    /// <summary>The same inputs give the same bits, at every width of the lanes.</summary>
    [Law]
    public void Merge_AtEveryWidth_GivesTheSameBits() => Assert.All(SourceCounts, sources =>
    {
        TensorValues values = Some.Group([97, 53], sources);
        float[] expected = Merge(values, ValidOptions, seed: 7);
        foreach (LaneWidth width in Enum.GetValues<LaneWidth>())
        {
            Assert.Equal(expected, StrategyRunner.Merge(Strategy, values, ValidOptions, width, seed: 7), $"the result at width {width}");
        }
    });

    /// <summary>Inputs stay as they are.</summary>
    [Law]
    public void Merge_LeavesItsInputsAsTheyWere()
    {
        int sources = StrategyRunner.Attribute(Strategy).MinSources;
        TensorValues values = Some.Group([8, 4], sources);
        Merge(values, ValidOptions);
        TensorValues again = Some.Group([8, 4], sources);
        Assert.Equal(again.Base, values.Base);
        Assert.Equal(again.Sources, values.Sources);
    }

    /// <summary>Tensors of every role, within layers and outside, give a finite result.</summary>
    [Law]
    public void Merge_OfEveryRoleAndLayer_IsFinite()
    {
        int sources = StrategyRunner.Attribute(strategy).MinSources;
        foreach (TensorRole role in Enum.GetValues<TensorRole>())
        {
            foreach (int? layer in (int?[])[null, 0, 1])
            {
                AssertFinite(Merge(Some.Group([8, 4], sources) with { Role = role, Layer = layer, LayerCount = 2 }, ValidOptions));
            }
        }
    }

    /// <summary>Inputs that are stored as F16, BF16 or in blocks of llama.cpp give what their values give in F32.</summary>
    [Law]
    public void Merge_OfInputsInAnotherType_GivesWhatTheirValuesGive() => Assert.All(SourceCounts, sources =>
    {
        TensorValues values = Some.Group([6, 64], sources);
        TensorValues rounded = values with { Base = Rounded(values.Base), Sources = [.. values.Sources.Select(Rounded)] };
        float[] expected = Merge(rounded, ValidOptions, seed: 3);
        foreach (DType type in (DType[])[DType.F16, DType.BF16, _blocks])
        {
            Assert.Equal(expected, Merge(rounded with { StoredType = type }, ValidOptions, seed: 3), $"the result of inputs in {type}");
        }

        // Eighths up to 8 are values of each of the types.
        static float[] Rounded(float[] numbers) => [.. numbers.Select(number => MathF.Round(8 * Math.Clamp(number, -8, 8)) / 8)];
    });

    /// <summary>Without a base that it can do without, the result is finite.</summary>
    [Law]
    public void Merge_WithoutABaseThatIsNotRequired_IsFinite()
    {
        if (StrategyRunner.Attribute(strategy).Base == BaseUse.Optional)
        {
            Assert.All(SourceCounts, sources => AssertFinite(Merge(Some.Group([8, 4], sources) with { HasBase = false }, ValidOptions)));
        }
    }

    /// <summary>Zeros everywhere are no reason for NaN.</summary>
    [Law]
    public void Merge_OfZeros_IsFinite() => Assert.All(SourceCounts, sources =>
        AssertFinite(Merge(new TensorValues([8, 4], new float[32], [.. Enumerable.Range(0, sources).Select(_ => new float[32])]),
            ValidOptions)));

    /// <summary>Sources that learned nothing leave the base as it is, up to rounding.</summary>
    [Law]
    public void Merge_OfSourcesEqualToTheBase_IsTheBase()
    {
        if (!StrategyRunner.UsesBase(Strategy))
        {
            return;
        }

        TensorValues values = Some.Group([16, 16], StrategyRunner.Attribute(Strategy).MinSources);
        TensorValues unchanged = values with { Sources = [.. values.Sources.Select(_ => (float[])values.Base.Clone())] };
        float[] result = Merge(unchanged, ValidOptions);
        Assert.All(result.Zip(values.Base),
            pair => Assert.True(Math.Abs(pair.First - pair.Second) <= 1e-6f,
                $"the result is {pair.First} where the base and all sources are {pair.Second}"));
    }

    /// <summary>Without inlining a kernel is 2.5 times slower, and nobody would notice.</summary>
    [Law]
    public void Kernels_AreInlined()
    {
        Type[] faces = [typeof(IElementwiseKernel), typeof(IReduceKernel), typeof(IThinning)];
        IEnumerable<Type> kernels = Strategy.GetType().Assembly.GetTypes().Concat(typeof(IThinning).Assembly.GetTypes())
            .Where(type => type.IsValueType && type.GetInterfaces().Intersect(faces).Any());
        foreach (MethodInfo method in kernels.SelectMany(kernel =>
            kernel.GetMethods(BindingFlags.Public | BindingFlags.Static | BindingFlags.DeclaredOnly)))
        {
            Assert.True(method.MethodImplementationFlags.HasFlag(MethodImplAttributes.AggressiveInlining),
                $"{method.DeclaringType!.Name}.{method.Name} lacks [MethodImpl(MethodImplOptions.AggressiveInlining)]");
        }
    }

    /// <summary>A range is one that the option's default keeps.</summary>
    [Law]
    public void Options_HaveDefaultsWithinTheirRange()
    {
        foreach (PropertyInfo property in Strategy.OptionsType.GetProperties())
        {
            object? value = property.GetValue(ValidOptions);
            Assert.All(property.GetCustomAttributes<RangeAttribute>(),
                range => Assert.True(range.IsValid(value), $"{property.Name} is {value}"));
        }
    }

    private static void AssertFinite(float[] result) =>
        Assert.All(result, value => Assert.True(float.IsFinite(value), $"the result holds {value}"));

    private sealed class Given(IMergeStrategy strategy, object? options) : StrategyConformance(strategy)
    {
        protected override object ValidOptions => options ?? base.ValidOptions;
    }
}
