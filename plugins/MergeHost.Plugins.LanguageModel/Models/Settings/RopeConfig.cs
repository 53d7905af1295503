using System.Text.Json.Nodes;
using MergeHost.Checkpoints;

namespace MergeHost.Plugins.LanguageModel.Models.Settings;

/// <summary>The frequencies of rotary position embeddings.</summary>
/// <seealso href="https://arxiv.org/abs/2104.09864"/>
internal sealed record RopeConfig
{
    private const double UsualTheta = 10_000;

    /// <summary>The base θ of the frequencies θ^(−2i/d).</summary>
    public required double Theta { get; init; }

    /// <summary>How many of a head's numbers are rotated, the first of them.</summary>
    public required int Size { get; init; }

    /// <summary>The frequencies in radians a token for a text of so many tokens, one for each pair.</summary>
    public required Func<int, double[]> Frequencies { get; init; }

    /// <summary>What cosines and sines are multiplied with.</summary>
    public double Scale { get; init; } = 1;

    /// <summary>The longest text whose frequencies do not depend on its length; <see langword="null"/> where none's do.</summary>
    public int? SteadyLength { get; init; }

    /// <summary>Reads the settings of a <c>config.json</c>, of layers that see all if it has several.</summary>
    /// <exception cref="MergeHostException">MH6003: the scaling is of a kind that is not known here;
    /// MH2013: a setting is missing or wrong.</exception>
    public static RopeConfig Read(JsonObject config, int headSize) =>
        Read(RopeSettings.Read(config), headSize, new ConfigReader(config).Size("max_position_embeddings"));

    /// <summary>Reads the settings of layers that look back at a window.</summary>
    /// <exception cref="MergeHostException">MH6003: the scaling is of a kind that is not known here;
    /// MH2013: a setting is missing or wrong.</exception>
    public static RopeConfig ReadLocal(JsonObject config, int headSize)
    {
        JsonObject settings = config["rope_parameters"].Find("sliding_attention") as JsonObject
            ?? new JsonObject { ["rope_theta"] = config["rope_local_base_freq"]?.DeepClone() ?? UsualTheta };
        return Read(RopeSettings.Read(new JsonObject { ["rope_parameters"] = settings.DeepClone() }), headSize,
            new ConfigReader(config).Size("max_position_embeddings"));
    }

    private static RopeConfig Read(JsonObject settings, int headSize, int positions)
    {
        ConfigReader section = new(settings);
        double theta = section.Find<double>("rope_theta") ?? UsualTheta;
        double share = section.Find<double>("partial_rotary_factor") ?? 1;
        int size = share is > 0 and <= 1
            ? (int)(headSize * share)
            : throw ModelException.Config("partial_rotary_factor", "a number in (0, 1]", $"{share}");
        string kind = section.Text("rope_type")!;
        RopeConfig plain = new() { Theta = theta, Size = size, Frequencies = _ => Plain(theta, size) };
        return kind switch
        {
            "default" => plain,
            "linear" => plain with { Frequencies = _ => Each(Plain(theta, size), Linear(section.Get<double>("factor"))) },
            "llama3" => plain with { Frequencies = _ => Each(Plain(theta, size), Llama3(section)) },
            "dynamic" =>
                plain with { Frequencies = Dynamic(theta, size, section.Get<double>("factor"), positions), SteadyLength = positions },
            "yarn" => Yarn(plain, section, positions),
            "longrope" => Long(plain, section, positions),
            _ => throw ModelException.Unsupported($"rope type '{kind}'", "default, linear, llama3, dynamic, yarn, longrope"),
        };
    }

    private static double[] Plain(double theta, int size) =>
        [.. Enumerable.Range(0, size / 2).Select(pair => Math.Pow(theta, -2.0 * pair / size))];

    private static double[] Each(double[] frequencies, Func<double, double> change) => [.. frequencies.Select(change)];

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

    // Beyond the context the base grows with the text.
    private static Func<int, double[]> Dynamic(double theta, int size, double factor, int positions) => length =>
        Plain(theta * Math.Pow((factor * Math.Max(length, positions) / positions) - (factor - 1), (double)size / (size - 2)), size);

    // Pairs that turn often are kept, those that hardly turn are stretched, by a ramp over the pairs between.
    private static RopeConfig Yarn(RopeConfig plain, ConfigReader section, int positions)
    {
        double original = section.Get<double>("original_max_position_embeddings");
        double factor = section.Find<double>("factor") ?? positions / original;
        double low = Pair(section.Find<double>("beta_fast") is { } fast and not 0 ? fast : 32);
        double high = Pair(section.Find<double>("beta_slow") is { } slow and not 0 ? slow : 1);
        if (section.Find<bool>("truncate") ?? true)
        {
            (low, high) = (Math.Floor(low), Math.Ceiling(high));
        }

        (low, high) = (Math.Max(low, 0), Math.Min(high, plain.Size - 1));
        double width = low == high ? 0.001 : high - low;
        double[] frequencies = [.. Plain(plain.Theta, plain.Size).Select((frequency, pair) =>
        {
            double stretched = Math.Clamp((pair - low) / width, 0, 1);
            return (stretched * frequency / factor) + ((1 - stretched) * frequency);
        })];
        double scale = section.Find<double>("attention_factor")
            ?? (section.Find<double>("mscale") is { } own and not 0 && section.Find<double>("mscale_all_dim") is { } all and not 0
                ? Magnitude(own) / Magnitude(all)
                : Magnitude(1));
        return plain with { Frequencies = _ => frequencies, Scale = scale };

        // The pair that turns so often in the first context.
        double Pair(double turns) => plain.Size * Math.Log(original / (turns * 2 * Math.PI)) / (2 * Math.Log(plain.Theta));

        double Magnitude(double weight) => factor <= 1 ? 1 : (0.1 * weight * Math.Log(factor)) + 1;
    }

    // Each pair has a factor of its own, and another one in texts beyond the first context.
    private static RopeConfig Long(RopeConfig plain, ConfigReader section, int positions)
    {
        int original = section.Size("original_max_position_embeddings");
        double factor = section.Find<double>("factor") ?? (double)positions / original;
        double[] few = Divided("short_factor");
        double[] many = Divided("long_factor");
        return plain with
        {
            Frequencies = length => length > original ? many : few,
            Scale = section.Find<double>("attention_factor") ?? (factor <= 1 ? 1 : Math.Sqrt(1 + (Math.Log(factor) / Math.Log(original)))),
            SteadyLength = original,
        };

        double[] Divided(string name)
        {
            IReadOnlyList<double> factors = section.Numbers(name) ?? throw ModelException.Config(name, "a list of numbers", "nothing");
            double[] frequencies = Plain(plain.Theta, plain.Size);
            return factors.Count == frequencies.Length
                ? [.. frequencies.Zip(factors, (frequency, own) => frequency / own)]
                : throw ModelException.Config(name, $"{frequencies.Length} numbers", $"{factors.Count}");
        }
    }
}
