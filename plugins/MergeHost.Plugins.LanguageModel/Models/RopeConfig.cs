using System.Text.Json.Nodes;
using MergeHost.Checkpoints;

namespace MergeHost.Plugins.LanguageModel.Models;

/// <summary>The frequencies of rotary position embeddings.</summary>
/// <param name="Theta">The base θ of the frequencies θ^(−2i/d).</param>
/// <param name="Frequency">Stretches a frequency, in radians a token, for contexts longer than those of the first training.</param>
/// <seealso href="https://arxiv.org/abs/2104.09864"/>
internal sealed record RopeConfig(double Theta, Func<double, double> Frequency)
{
    /// <summary>Reads the settings of a <c>config.json</c>.</summary>
    /// <exception cref="MergeHostException">MH6003: the scaling is of a kind that is not known here.</exception>
    public static RopeConfig Read(JsonObject config)
    {
        ConfigReader section = new(RopeSettings.Read(config));
        double theta = section.Find<double>("rope_theta") ?? 10_000;
        string kind = section.Text("rope_type")!;
        if ((section.Find<double>("partial_rotary_factor") ?? 1) != 1)
        {
            throw ModelException.Unsupported("a partial_rotary_factor other than 1", "1");
        }

        return kind switch
        {
            "default" => new RopeConfig(theta, frequency => frequency),
            "linear" => new RopeConfig(theta, Linear(section.Get<double>("factor"))),
            "llama3" => new RopeConfig(theta, Llama3(section)),
            _ => throw ModelException.Unsupported($"rope type '{kind}'", "default, linear, llama3"),
        };
    }

    private static Func<double, double> Linear(double factor) => frequency => frequency / factor;

    // Long waves are stretched by the factor, short ones kept, and those between go smoothly from one to the other.
    private static Func<double, double> Llama3(ConfigReader section)
    {
        double factor = section.Get<double>("factor");
        double low = section.Get<double>("low_freq_factor");
        double high = section.Get<double>("high_freq_factor");
        double context = section.Get<double>("original_max_position_embeddings");
        return frequency =>
        {
            double turns = context * frequency / (2 * Math.PI);
            double share = Math.Clamp((turns - low) / (high - low), 0, 1);
            return ((1 - share) * frequency / factor) + (share * frequency);
        };
    }
}
