using MergeHost.Storage.Text;

namespace MergeHost.Recipes;

/// <summary>The <c>parameters:</c> of one level of a recipe.</summary>
internal sealed record ParameterSet(IReadOnlyDictionary<string, ParameterSetting> Settings)
{
    public static ParameterSet Empty { get; } = new(new Dictionary<string, ParameterSetting>());
}

/// <summary>What a recipe says of one parameter.</summary>
/// <param name="Place">The place of the parameter's name.</param>
internal sealed record ParameterSetting(TextPlace Place, SettingValue Value);

/// <summary>A value that may differ from layer to layer and from tensor to tensor.</summary>
internal abstract record SettingValue
{
    /// <summary>The scalar that holds for a tensor.</summary>
    /// <param name="tensor">The tensor's name.</param>
    /// <param name="position">Where its layer lies in the slice, from 0 for the first to 1 for the last.</param>
    /// <returns><see langword="null"/> if the setting says nothing of this tensor.</returns>
    public abstract SettingPoint? At(string tensor, double position);

    /// <summary>Every scalar in the setting.</summary>
    public abstract IEnumerable<YamlScalar> Scalars { get; }

    /// <summary>Whether it says the same of all tensors.</summary>
    public virtual bool IsUniform => false;
}

/// <summary>A value between two scalars of a setting: <c>(1 − share) · from + share · to</c>.</summary>
internal readonly record struct SettingPoint(YamlScalar From, YamlScalar To, double Share);

/// <summary>The same value everywhere.</summary>
internal sealed record ScalarSetting(YamlScalar Scalar) : SettingValue
{
    public override string ToString() => Scalar.Text;

    public override IEnumerable<YamlScalar> Scalars => [Scalar];

    public override bool IsUniform => true;

    public override SettingPoint? At(string tensor, double position) => new SettingPoint(Scalar, Scalar, 0);
}

/// <summary>A value that runs through the layers of a slice, piecewise linear between its points.</summary>
internal sealed record GradientSetting(IReadOnlyList<YamlScalar> Points) : SettingValue
{
    public override string ToString() => $"[{string.Join(", ", Points.Select(point => point.Text))}]";

    public override IEnumerable<YamlScalar> Scalars => Points;

    public override SettingPoint? At(string tensor, double position)
    {
        double scaled = position * (Points.Count - 1);
        int from = (int)scaled;
        int to = Math.Min(Points.Count - 1, from + 1);
        return new SettingPoint(Points[from], Points[to], scaled - from);
    }
}

/// <summary>Values by conditions on the tensor's name; the first that matches holds.</summary>
internal sealed record ConditionalSetting(IReadOnlyList<SettingCondition> Conditions) : SettingValue
{
    public override string ToString() =>
        string.Join("; ", Conditions.Select(condition => $"{condition.Filter?.Text ?? "*"}: {condition.Value}"));

    public override IEnumerable<YamlScalar> Scalars => Conditions.SelectMany(condition => condition.Value.Scalars);

    public override SettingPoint? At(string tensor, double position)
    {
        foreach (SettingCondition condition in Conditions)
        {
            if (condition.Matches(tensor))
            {
                return condition.Value.At(tensor, position);
            }
        }

        return null;
    }
}

/// <summary>A value for the tensors whose name contains a text.</summary>
/// <param name="Filter">The text; <see langword="null"/> for every tensor.</param>
internal sealed record SettingCondition(YamlScalar? Filter, SettingValue Value)
{
    public bool Matches(string tensor) =>
        Filter is null || Filter.Text == "*" || tensor.Contains(Filter.Text, StringComparison.Ordinal);
}
