using System.Globalization;
using MergeHost.Storage.Text;

namespace MergeHost.Recipes.Reading;

/// <content><c>window:</c>, checkpoints of one training run.</content>
internal sealed partial class RecipeReader
{
    private const double UsualAlpha = 0.2;

    // The sources are found when the recipe is planned: what the pattern fits, the text does not tell.
    private IReadOnlyList<RecipeSlice> ReadWindow(YamlNode node)
    {
        if (!IsMapping(node, "a window", out YamlMapping? window))
        {
            return [];
        }

        CheckFields(window, "windows", ["from", "last", "steps", "every", "schedule", "alpha"]);
        if (Text(window, "from") is not { } from)
        {
            AddMissing(window, "from", "Name the checkpoints by a pattern, such as `from: run/checkpoint-*`.");
            return [];
        }

        if (!from.Text.Contains('*', StringComparison.Ordinal))
        {
            Add(ErrorCodes.ValueOutOfRange, from.Place, $"'from' is '{from.Text}'; it must have a '*' in place of the step",
                "Write a pattern, such as `from: run/checkpoint-*`, or list the models under `models:`.");
            return [];
        }

        if (ReadSchedule(window, from.Place) is not { } schedule)
        {
            return [];
        }

        return
        [
            new RecipeSlice(node.Place, [], null, ParameterSet.Empty)
            {
                Window = new RecipeWindow(from)
                {
                    Last = (int?)ReadWhole(window, "last", 2, int.MaxValue),
                    Steps = ReadSteps(window),
                    Every = ReadWhole(window, "every", 1, long.MaxValue),
                    Schedule = schedule,
                    SchedulePlace = window.Find("schedule")?.Place ?? from.Place,
                },
            },
        ];
    }

    private WindowSchedule? ReadSchedule(YamlMapping window, TextPlace place)
    {
        YamlNode? node = window.Find("schedule");
        string name = (node as YamlScalar)?.Text ?? "uniform";
        double alpha = UsualAlpha;
        if (Text(window, "alpha") is { } scalar)
        {
            if (!double.TryParse(scalar.Text, NumberStyles.Float, CultureInfo.InvariantCulture, out alpha) || alpha is not (> 0 and < 1))
            {
                Add(ErrorCodes.ValueOutOfRange, scalar.Place, $"alpha is '{scalar.Text}'; it must be in (0, 1)", null);
                return null;
            }

            if (name != "ema")
            {
                Add(ErrorCodes.Conflict, scalar.Place, $"'alpha' belongs to schedule 'ema', and the schedule is '{name}'",
                    "Write `schedule: ema`, or remove `alpha:`.");
            }
        }

        if (node is YamlSequence { Items.Count: > 0 } list && list.Items.All(item => item is YamlScalar))
        {
            List<double?> weights = [.. list.Items.Cast<YamlScalar>().Select(ReadWeight)];
            return weights.TrueForAll(weight => weight is not null) ? new ListedWeights([.. weights.OfType<double>()]) : null;
        }

        if (node is not (null or YamlScalar))
        {
            return Wrong<WindowSchedule?>(node, "'schedule' must be a name or a list of weights, oldest checkpoint first", null);
        }

        WindowSchedule? schedule = WindowSchedule.Of(name, alpha);
        if (schedule is null)
        {
            Add(ErrorCodes.ValueOutOfRange, node?.Place ?? place,
                $"schedule is '{name}'; it must be one of {string.Join(", ", WindowSchedule.Names)}, or a list of weights",
                Suggestion.Hint(name, WindowSchedule.Names, "Write `schedule: uniform` for the plain mean."));
        }

        return schedule;
    }

    private double? ReadWeight(YamlScalar scalar)
    {
        if (double.TryParse(scalar.Text, NumberStyles.Float, CultureInfo.InvariantCulture, out double weight) && double.IsFinite(weight))
        {
            return weight;
        }

        Add(ErrorCodes.WrongType, scalar.Place, $"a weight must be a number, found {scalar.Kind}", null);
        return null;
    }

    private long? ReadWhole(YamlMapping window, string field, long least, long most)
    {
        if (Text(window, field) is not { } scalar)
        {
            return null;
        }

        if (long.TryParse(scalar.Text, NumberStyles.None, CultureInfo.InvariantCulture, out long number) && number >= least
            && number <= most)
        {
            return number;
        }

        Add(ErrorCodes.ValueOutOfRange, scalar.Place, $"{field} is '{scalar.Text}'; it must be a whole number from {least} up", null);
        return null;
    }

    // `1000..20000`, both ends included.
    private (long First, long Last)? ReadSteps(YamlMapping window)
    {
        if (Text(window, "steps") is not { } scalar)
        {
            return null;
        }

        string[] ends = scalar.Text.Split("..");
        if (ends.Length == 2 && long.TryParse(ends[0], NumberStyles.None, CultureInfo.InvariantCulture, out long first)
            && long.TryParse(ends[1], NumberStyles.None, CultureInfo.InvariantCulture, out long last) && first <= last)
        {
            return (first, last);
        }

        Add(ErrorCodes.ValueOutOfRange, scalar.Place, $"steps is '{scalar.Text}'; it must be two steps, the earlier first",
            "Write `steps: 1000..20000`; both are included.");
        return null;
    }
}
