using MergeHost.Options;
using MergeHost.Plugins;
using MergeHost.Plugins.Metadata;
using MergeHost.Scoring;
using MergeHost.Storage.Text;

namespace MergeHost.Plans;

/// <summary>A scorer with its options.</summary>
/// <param name="Installed">Where it comes from.</param>
/// <param name="Scorer">The scorer.</param>
/// <param name="Options">The record of its options.</param>
internal sealed record BoundScorer(InstalledExport Installed, ILayerScorer Scorer, object Options)
{
    /// <summary>Its name in recipes.</summary>
    public string Id => Installed.Export.Id;

    /// <summary>Creates a scorer and reads its options.</summary>
    /// <param name="installed">The scorer.</param>
    /// <param name="host">Creates it.</param>
    /// <param name="settings">What the user says of its options.</param>
    /// <param name="open">Opens checkpoints that options name.</param>
    /// <param name="problems">Receives what is wrong with them.</param>
    public static BoundScorer Create(
        InstalledExport installed, PluginHost host, IReadOnlyList<(YamlScalar Name, YamlScalar Value)> settings, AuxiliaryOpener open,
        List<Problem> problems)
    {
        ILayerScorer scorer = host.Create<ILayerScorer>(installed);
        OptionsReader reader = new(installed.Export.Id, problems, open: open);
        return new BoundScorer(installed, scorer,
            reader.Read(new OptionsSchema(scorer.OptionsType, installed),
                [.. settings.Select(setting => (setting.Name, (YamlNode)setting.Value))], null));
    }

    /// <summary>Its options as recipes have them.</summary>
    public IReadOnlyDictionary<string, string> OptionTexts =>
        new OptionsSchema(Scorer.OptionsType, Installed).Options
            .ToDictionary(option => option.Name, option => OptionInfo.Format(option.Property.GetValue(Options)));
}
