using System.Globalization;
using MergeHost.Storage.Text;

namespace MergeHost.Evaluation.Settings;

/// <summary>A method whose numbers are found for each merge by itself.</summary>
/// <param name="Recipe">The method's fields, with <c>{tune: [low, high]}</c> where a number is to be found.</param>
/// <param name="Coefficients">The numbers, at least one.</param>
internal sealed record TunedMethod(YamlMapping Recipe, IReadOnlyList<Coefficient> Coefficients)
{
    /// <summary>The setting in the middle of all bounds.</summary>
    public StudySetting Middle => At([.. Coefficients.Select(coefficient => (coefficient.Low + coefficient.High) / 2)]);

    /// <summary>The setting of some values.</summary>
    public StudySetting At(IReadOnlyList<double> values)
    {
        string[] texts = [.. Coefficients.Zip(values,
            (coefficient, value) => coefficient.Round(value).ToString(CultureInfo.InvariantCulture))];
        Dictionary<YamlNode, YamlNode> chosen = new(ReferenceEqualityComparer.Instance);
        foreach ((Coefficient coefficient, string text) in Coefficients.Zip(texts))
        {
            chosen[coefficient.Node] = new YamlScalar(text, IsPlain: true, coefficient.Node.Place);
        }

        return new StudySetting(Coefficients.Zip(texts).ToDictionary(pair => pair.First.Name, pair => pair.Second),
            (YamlMapping)SettingGrid.Put(Recipe, chosen));
    }
}
