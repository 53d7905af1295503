using System.ComponentModel.DataAnnotations;
using System.Reflection;
using System.Runtime.CompilerServices;
using MergeHost.Kernels.Methods;
using MergeHost.Kernels.Vectors;
using MergeHost.Lanes;
using MergeHost.Strategies;
using Xunit;

namespace MergeHost.Testing;

/// <summary>What every merge strategy must do; a strategy's tests inherit it.</summary>
/// <typeparam name="TStrategy">The strategy.</typeparam>
public abstract class MergeStrategyContract<TStrategy>
    where TStrategy : IMergeStrategy, new()
{
    /// <summary>The strategy.</summary>
    protected TStrategy Strategy { get; } = new();

    /// <summary>Options that are valid for every tensor; by default those of the record, with 0.5 for what is required.</summary>
    protected virtual object ValidOptions
    {
        get
        {
            object options = Activator.CreateInstance(Strategy.OptionsType)!;
            foreach (PropertyInfo property in Strategy.OptionsType.GetProperties().Where(property => property.IsDefined(typeof(RequiredMemberAttribute))))
            {
                property.SetValue(options, 0.5);
            }

            return options;
        }
    }

    /// <summary>The fewest sources that the strategy takes, and more if it does.</summary>
    public static TheoryData<int> SourceCounts
    {
        get
        {
            MergeStrategyAttribute attribute = StrategyRunner.Attribute(new TStrategy());
            int most = Math.Min(attribute.MaxSources, attribute.MinSources + 2);
            return [.. Enumerable.Range(attribute.MinSources, most - attribute.MinSources + 1)];
        }
    }

    /// <summary>Merges numbers in memory.</summary>
    protected float[] Merge(TensorValues values, object options, long seed = 0) => StrategyRunner.Merge(Strategy, values, options, seed: seed);

    /// <summary>Finite inputs give a finite result, for every shape.</summary>
    [Theory]
    [MemberData(nameof(SourceCounts))]
    public void Merge_OfFiniteTensors_IsFinite(int sources)
    {
        foreach (TensorShape shape in new TensorShape[] { [8, 4], [1], [130], [3, 5, 7], [64, 80] })
        {
            float[] result = Merge(Some.Group(shape, sources), ValidOptions);
            Assert.Equal(shape.ElementCount, result.Length);
            Assert.All(result, value => Assert.True(float.IsFinite(value)));
        }
    }

    /// <summary>The same inputs give the same bits, at every width of the lanes.</summary>
    [Theory]
    [MemberData(nameof(SourceCounts))]
    public void Merge_AtEveryWidth_GivesTheSameBits(int sources)
    {
        TensorValues values = Some.Group([97, 53], sources);
        float[] expected = Merge(values, ValidOptions, seed: 7);
        foreach (LaneWidth width in Enum.GetValues<LaneWidth>())
        {
            Assert.Equal(expected, StrategyRunner.Merge(Strategy, values, ValidOptions, width, seed: 7));
        }
    }

    /// <summary>Inputs stay as they are.</summary>
    [Fact]
    public void Merge_LeavesItsInputsAsTheyWere()
    {
        int sources = StrategyRunner.Attribute(Strategy).MinSources;
        TensorValues values = Some.Group([8, 4], sources);
        Merge(values, ValidOptions);
        TensorValues again = Some.Group([8, 4], sources);
        Assert.Equal(again.Base, values.Base);
        Assert.Equal(again.Sources, values.Sources);
    }

    /// <summary>Sources that learned nothing leave the base as it is, up to rounding.</summary>
    [Fact]
    public void Merge_OfSourcesEqualToTheBase_IsTheBase()
    {
        if (!StrategyRunner.UsesBase(Strategy))
        {
            return;
        }

        TensorValues values = Some.Group([16, 16], StrategyRunner.Attribute(Strategy).MinSources);
        TensorValues unchanged = values with { Sources = [.. values.Sources.Select(_ => (float[])values.Base.Clone())] };
        float[] result = Merge(unchanged, ValidOptions);
        Assert.All(result.Zip(values.Base), pair => Assert.Equal(pair.Second, pair.First, 1e-6f));
    }

    /// <summary>Without inlining a kernel is 2.5 times slower, and nobody would notice.</summary>
    [Fact]
    public void Kernels_AreInlined()
    {
        Type[] faces = [typeof(IElementwiseKernel), typeof(IReduceKernel), typeof(IThinning)];
        IEnumerable<Type> kernels = Strategy.GetType().Assembly.GetTypes().Concat(typeof(IThinning).Assembly.GetTypes())
            .Where(type => type.IsValueType && type.GetInterfaces().Intersect(faces).Any());
        foreach (MethodInfo method in kernels.SelectMany(kernel => kernel.GetMethods(BindingFlags.Public | BindingFlags.Static | BindingFlags.DeclaredOnly)))
        {
            Assert.True(method.MethodImplementationFlags.HasFlag(MethodImplAttributes.AggressiveInlining), $"{method.DeclaringType!.Name}.{method.Name} lacks [MethodImpl(MethodImplOptions.AggressiveInlining)]");
        }
    }

    /// <summary>A range is one that the option's default keeps.</summary>
    [Fact]
    public void Options_HaveDefaultsWithinTheirRange()
    {
        foreach (PropertyInfo property in Strategy.OptionsType.GetProperties())
        {
            object? value = property.GetValue(ValidOptions);
            Assert.All(property.GetCustomAttributes<RangeAttribute>(), range => Assert.True(range.IsValid(value), $"{property.Name} is {value}"));
        }
    }
}
