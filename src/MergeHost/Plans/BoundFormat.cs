using MergeHost.Checkpoints;
using MergeHost.Models.Calls;
using MergeHost.Options;
using MergeHost.Plugins.Metadata;
using MergeHost.Storage.Text;

namespace MergeHost.Plans;

/// <summary>The format of an output, with its options.</summary>
/// <param name="Installed">Where it comes from.</param>
/// <param name="Format">The format.</param>
/// <param name="Options">The record of its options.</param>
/// <param name="Files">The files that its options name, each with the place of its name.</param>
internal sealed record BoundFormat(InstalledExport Installed, IWritableCheckpointFormat Format, object Options,
    IReadOnlyList<YamlScalar> Files)
{
    /// <summary>The option that tells the type of the weights, for which a recipe may write <c>out_type</c>.</summary>
    public const string Type = "type";

    /// <summary>Reads the options of a format.</summary>
    /// <param name="installed">The format.</param>
    /// <param name="format">The same, created.</param>
    /// <param name="settings">What the user says of its options.</param>
    /// <param name="place">Where it is named.</param>
    /// <param name="problems">Receives what is wrong with them.</param>
    public static BoundFormat Create(
        InstalledExport installed, IWritableCheckpointFormat format, IReadOnlyList<(YamlScalar Name, YamlNode Value)> settings,
        TextPlace? place, List<Problem> problems)
    {
        OptionsSchema schema = new(format.OptionsType, installed);
        object options = OptionsReader.Read(schema, installed.Export.Id, settings, place, problems);
        return new BoundFormat(installed, format, options,
        [
            .. schema.Options.Where(option => option.IsFile && option.Property.GetValue(options) is not null)
                .Select(option => ((YamlScalar)settings.First(setting => setting.Name.Text == option.Name).Value) with
                {
                    Text = (string)option.Property.GetValue(options)!
                }),
        ]);
    }

    /// <summary>Whether a format has a type of a name, in its own words.</summary>
    public static bool Has(InstalledExport installed, IWritableCheckpointFormat format, string type)
    {
        TextPlace nowhere = new("", 1, 1);
        List<Problem> problems = [];
        try
        {
            Create(installed, format, [(new YamlScalar(Type, true, nowhere), new YamlScalar(type, true, nowhere))], null, problems)
                .ChooseTypes([]);
            return problems.Count == 0;
        }
        catch (CheckpointException)
        {
            return false;
        }
    }

    /// <summary>Decides in which types tensors are stored.</summary>
    /// <exception cref="MergeHostException">The format refuses the options, or fails.</exception>
    public IReadOnlyList<DType> ChooseTypes(IReadOnlyList<TensorInfo> tensors) =>
        PluginCall.Run(Installed, null, () => Format.ChooseTypes(tensors, Options));
}
