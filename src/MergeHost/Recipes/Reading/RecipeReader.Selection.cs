using MergeHost.Options;
using MergeHost.Storage.Text;

namespace MergeHost.Recipes.Reading;

/// <content><c>select:</c></content>
internal sealed partial class RecipeReader
{
    private static readonly OptionsSchema _selection = new(typeof(SelectionOptions));
    private static readonly string[] _amounts = ["fraction", "top", "threshold"];
    private static readonly string[] _plainSettings = ["unit", "policy"];

    private RecipeSelection? ReadSelection(YamlMapping stage)
    {
        if (stage.Find("select") is not { } node || !IsMapping(node, "select", out YamlMapping? select))
        {
            return null;
        }

        CheckFields(select, "selections", ["scorer", "options", .. _selection.Options.Select(option => option.Name)]);
        IReadOnlyList<YamlScalar> scorers = ReadScorers(select);
        ParameterSet settings = ReadSelectionSettings(select);
        CheckAmount(select, settings);
        return new RecipeSelection(select.Place, scorers, ReadScorerOptions(select, scorers), settings);
    }

    private IReadOnlyList<YamlScalar> ReadScorers(YamlMapping select)
    {
        switch (select.Find("scorer"))
        {
            case null:
                AddMissing(select, "scorer", "Name a scorer, such as `scorer: spear`; `mergehost plugins list` shows all.");
                return [];
            case YamlScalar scalar:
                return [scalar];
            case YamlSequence { Items.Count: > 0 } list when list.Items.All(item => item is YamlScalar):
                return [.. list.Items.Cast<YamlScalar>()];
            case var other:
                return Wrong<IReadOnlyList<YamlScalar>>(other, "'scorer' must be a name, or a list of names", []);
        }
    }

    // Of a single scorer the options stand by themselves, of several under each one's name.
    private Dictionary<string, IReadOnlyList<(YamlScalar Name, YamlScalar Value)>> ReadScorerOptions(YamlMapping select,
        IReadOnlyList<YamlScalar> scorers)
    {
        Dictionary<string, IReadOnlyList<(YamlScalar Name, YamlScalar Value)>> options = [];
        if (select.Find("options") is not { } node || !IsMapping(node, "options", out YamlMapping? mapping))
        {
            return options;
        }

        if (scorers.Count == 1)
        {
            options[scorers[0].Text] = ReadScalars(mapping);
            return options;
        }

        CheckFields(mapping, "options of several scorers", [.. scorers.Select(scorer => scorer.Text)]);
        foreach ((YamlScalar scorer, YamlNode value) in mapping.Entries)
        {
            if (IsMapping(value, $"options of '{scorer.Text}'", out YamlMapping? inner))
            {
                options[scorer.Text] = ReadScalars(inner);
            }
        }

        return options;
    }

    private List<(YamlScalar Name, YamlScalar Value)> ReadScalars(YamlMapping mapping)
    {
        List<(YamlScalar Name, YamlScalar Value)> scalars = [];
        foreach ((YamlScalar name, YamlNode value) in mapping.Entries)
        {
            if (value is YamlScalar scalar)
            {
                scalars.Add((name, scalar));
            }
            else
            {
                Add(ErrorCodes.WrongType, value.Place, $"option '{name.Text}' must be a single value, found {value.Kind}", null);
            }
        }

        return scalars;
    }

    private ParameterSet ReadSelectionSettings(YamlMapping select)
    {
        Dictionary<string, ParameterSetting> settings = [];
        foreach ((YamlScalar name, YamlNode value) in select.Entries)
        {
            if (_selection.Options.FirstOrDefault(option => option.Name == name.Text) is { } option
                && ReadSetting(name.Text, value) is { } setting)
            {
                _problems.AddRange(setting.Scalars.Select(scalar => option.Parse(scalar).Problem).OfType<Problem>());
                CheckSetting(name, setting);
                settings.Add(name.Text, new ParameterSetting(name.Place, setting));
            }
        }

        return new ParameterSet(settings);
    }

    private void CheckSetting(YamlScalar name, SettingValue setting)
    {
        bool isPlain = setting is ScalarSetting;
        bool isConditional = setting is ConditionalSetting conditional
            && conditional.Conditions.All(condition => condition.Value is ScalarSetting);
        if (!isPlain && (!isConditional || _plainSettings.Contains(name.Text)))
        {
            string conditions = _plainSettings.Contains(name.Text) ? "" : ", or a list of `filter:` and `value:`";
            Add(ErrorCodes.WrongType, name.Place, $"'{name.Text}' must be a single value{conditions}", null);
        }
    }

    private void CheckAmount(YamlMapping select, ParameterSet settings)
    {
        List<string> amounts = [.. _amounts.Where(settings.Settings.ContainsKey)];
        if (amounts.Count > 1)
        {
            Add(ErrorCodes.Conflict, settings.Settings[amounts[1]].Place, $"'{amounts[0]}' and '{amounts[1]}' exclude each other",
                "Keep one of them.");
        }

        if (amounts.Count == 0 && !settings.Settings.ContainsKey("policy"))
        {
            AddMissing(select, "fraction", "Say how much is chosen by one of `fraction:`, `top:`, `threshold:`, or by `policy: balanced`.");
        }
    }
}
