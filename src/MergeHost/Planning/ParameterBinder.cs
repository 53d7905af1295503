using MergeHost.Options;
using MergeHost.Recipes;
using MergeHost.Recipes.Reading;
using MergeHost.Storage.Text;

namespace MergeHost.Planning;

/// <summary>Evaluates a stage's parameters for a strategy: mergekit's order of precedence, gradients and filters.</summary>
/// <remarks>
/// A parameter is looked for at the source (if it differs by source), the slice, the module and the stage, in this order; the first
/// level that says something of the tensor holds. Values that lie between two points of a gradient are interpolated if they are numbers.
/// </remarks>
internal sealed class ParameterBinder(OptionsSchema schema, RecipeStage stage, AuxiliaryOpener open, List<Problem> problems)
{
    private readonly HashSet<(string Option, string? Model)> _reported = [];
    private readonly HashSet<string> _conflicts = [];
    private readonly Dictionary<object, Dictionary<object, object>> _shared = new(ReferenceEqualityComparer.Instance);
    private readonly OptionInfo[] _weights = [.. schema.Options.Where(option =>
        option is { IsPerSource: true, Name: "weight" or "density" })];

    /// <summary>Whether all parameters that each model must have are given for all models of a slice at once.</summary>
    public bool HoldsForEveryModel(RecipeSlice slice) => schema.Options.Where(option => option is { IsPerSource: true, IsRequired: true })
        .All(option => slice.Levels.Concat(stage.Parameters).Any(level => level.Settings.ContainsKey(option.Name)));

    /// <summary>Whether a parameter that must be given was missing so far; what a strategy would
    /// say of its options then is no news.</summary>
    public bool LacksAny => _reported.Count > 0;

    /// <summary>Whether recipes say of each source how much it counts, rather than the strategy finding it out.</summary>
    public bool WeighsSources => schema.Options.Any(option => option is { IsPerSource: true, Name: "weight" });

    /// <summary>Whether a source's options let it take part: neither its weight nor its density, if the strategy has such, is 0.</summary>
    public bool HasWeight(object options) => Array.TrueForAll(_weights, option => option.Property.GetValue(options) is not 0.0);

    /// <summary>Checks every parameter of the stage, whether a tensor uses it or not.</summary>
    /// <param name="strategy">The strategy's name, for messages.</param>
    /// <returns>Whether all of them can be read.</returns>
    public bool Check(string strategy)
    {
        int before = ErrorCount;
        foreach (ParameterSet level in stage.Slices.SelectMany(slice => slice.Levels).Distinct().Concat(stage.Parameters))
        {
            Check(strategy, level, isSource: false);
        }

        foreach (RecipeSource source in stage.Slices.SelectMany(slice => slice.Sources))
        {
            Check(strategy, source.Parameters, isSource: true);
        }

        return ErrorCount == before;
    }

    private int ErrorCount => problems.Count(problem => problem.Severity == Severity.Error);

    /// <summary>The options that hold for a whole tensor.</summary>
    /// <param name="slice">The slice that the tensor belongs to.</param>
    /// <param name="tensor">The output's name.</param>
    /// <param name="position">Where its layer lies in the slice, in [0, 1].</param>
    public object Bind(RecipeSlice slice, string tensor, double position) => Shared(slice, null, () => Checked(
        schema.Create(option => option.IsPerSource ? null : Evaluate(option, null, slice, tensor, position, slice.Place)), slice.Place,
        isWhole: !schema.Options.Any(option => option.IsPerSource)));

    /// <summary>All options, where nothing differs by source.</summary>
    /// <param name="slice">The slice that the tensor belongs to.</param>
    /// <param name="tensor">The output's name.</param>
    /// <param name="position">Where its layer lies in the slice, in [0, 1].</param>
    /// <param name="place">Where what has the options is named.</param>
    public object BindAll(RecipeSlice slice, string tensor, double position, TextPlace place) =>
        Checked(schema.Create(option => Evaluate(option, null, slice, tensor, position, place)), place);

    /// <summary>The options that hold for a source's tensor.</summary>
    /// <param name="tensor">The input's name.</param>
    /// <param name="output">The output's name, by which parameters of the whole tensor are filtered.</param>
    public object Bind(RecipeSlice slice, RecipeSource source, string tensor, string output, double position) =>
        Shared(slice, source, () => Checked(
            schema.Create(option => option.IsPerSource
                ? Evaluate(option, source, slice, tensor, position, source.Model.Place)
                : Evaluate(option, null, slice, output, position, slice.Place)),
            source.Model.Place));

    // Where no setting differs from tensor to tensor, all tensors of a slice have one and the same record.
    private object Shared(RecipeSlice slice, RecipeSource? source, Func<object> make)
    {
        if (!_shared.TryGetValue(slice, out Dictionary<object, object>? ofSlice))
        {
            _shared.Add(slice, ofSlice = new Dictionary<object, object>(ReferenceEqualityComparer.Instance));
        }

        object key = (object?)source ?? slice;
        if (ofSlice.TryGetValue(key, out object? options))
        {
            return options;
        }

        options = make();
        if (Levels(slice, source).All(level => level.Settings.Values.All(setting => setting.Value.IsUniform)))
        {
            ofSlice.Add(key, options);
        }

        return options;
    }

    private IEnumerable<ParameterSet> Levels(RecipeSlice slice, RecipeSource? source) =>
        slice.Levels.Prepend(source?.Parameters).OfType<ParameterSet>().Concat(stage.Parameters);

    // Most tensors have the same options: what is wrong with them is told once.
    private object Checked(object options, TextPlace place, bool isWhole = true)
    {
        if (isWhole && options is IValidates && !LacksAny)
        {
            problems.AddRange(schema.Conflicts(stage.MergeMethod.Text, options, place).Where(problem => _conflicts.Add(problem.Message)));
        }

        return options;
    }

    private object? Evaluate(OptionInfo option, RecipeSource? source, RecipeSlice slice, string tensor, double position, TextPlace place)
    {
        foreach (ParameterSet level in Levels(slice, source))
        {
            if (level.Settings.TryGetValue(option.Name, out ParameterSetting? setting) && setting.Value.At(tensor, position) is { } point)
            {
                return Interpolate(option, point);
            }
        }

        if (option.IsRequired && _reported.Add((option.Name, source?.Model.Name)))
        {
            string whose = source is null ? "" : $" for '{source.Model.Name}'";
            string how = option.IsAuxiliary
                ? $"Name a checkpoint under its `parameters:`, such as `{option.Name}: {option.Name}.safetensors`."
                : $"Give it under `parameters:`, such as `{option.Name}: 0.5`.";
            problems.Add(new Problem(ErrorCodes.Missing, $"parameter '{option.Name}' is missing{whose}, first at tensor '{tensor}'", how,
                place));
        }

        return option.Default;
    }

    private object? Interpolate(OptionInfo option, SettingPoint point)
    {
        if (option.IsAuxiliary)
        {
            return open(point.From);
        }

        // Scalars that cannot be read were reported by Check.
        object? from = option.Parse(point.From).Value;
        if (!option.IsContinuous || point.Share == 0 || from is null || option.Parse(point.To).Value is not double to)
        {
            return from ?? option.Default;
        }

        return ((1 - point.Share) * (double)from) + (point.Share * to);
    }

    private void Check(string strategy, ParameterSet level, bool isSource)
    {
        foreach ((string name, ParameterSetting setting) in level.Settings)
        {
            OptionInfo? option = schema.Options.FirstOrDefault(option => option.Name == name);
            if (option is null)
            {
                problems.Add(Unknown(strategy, name, setting.Place));
                continue;
            }

            if (isSource && !option.IsPerSource)
            {
                problems.Add(new Problem(ErrorCodes.UnknownParameter,
                    $"'{name}' holds for the whole tensor, and has no effect under a model, as in mergekit",
                    "Move it to the `parameters:` of the slice or of the recipe.", setting.Place, Severity.Warning));
            }

            problems.AddRange(setting.Value.Scalars.Select(scalar => option.Parse(scalar).Problem).OfType<Problem>());
            foreach (YamlScalar scalar in option.IsAuxiliary ? setting.Value.Scalars : [])
            {
                open(scalar);
            }
        }
    }

    // Recipes of the field carry parameters from one method to the next, and mergekit drops those that a method does not have.
    private Problem Unknown(string strategy, string name, TextPlace place)
    {
        string[] known = [.. schema.Options.Select(option => option.Name)];
        string all = known.Length == 0 ? "it has none" : $"it has {string.Join(", ", known)}";
        if (FieldMethods.ExplainParameter(name, known) is var (what, instead))
        {
            return new Problem(ErrorCodes.UnknownParameter, $"'{strategy}' has no parameter '{name}': that is {what}", instead, place);
        }

        if (RecipeReader.StageFields.Contains(name))
        {
            return new Problem(ErrorCodes.UnknownParameter, $"'{name}' is no parameter, but a field of the recipe",
                $"Move `{name}:` to the top of the recipe.", place);
        }

        return FieldMethods.HaveParameter(name)
            ? new Problem(ErrorCodes.UnknownParameter, $"'{strategy}' has no parameter '{name}', as other methods have; it has no effect",
                $"Remove it; {all}", place, Severity.Warning)
            : new Problem(ErrorCodes.UnknownParameter, $"'{strategy}' has no parameter '{name}'", Suggestion.Hint(name, known, all), place);
    }
}
