using MergeHost.Storage.Text;

namespace MergeHost.Evaluation.Settings;

/// <summary>A number of a recipe that is tuned.</summary>
/// <param name="Name">What it is called in reports.</param>
/// <param name="Node">Where it stands: what <c>{tune: [low, high]}</c> is replaced at.</param>
/// <param name="Low">Its smallest value.</param>
/// <param name="High">Its largest value.</param>
internal sealed record Coefficient(string Name, YamlNode Node, double Low, double High)
{
    /// <summary>The value itself where it is inside the bounds, else the nearest bound; to three
    /// decimals, so that nearby values are one.</summary>
    public double Round(double value) => Math.Round(Math.Clamp(value, Low, High), 3);
}
