using MergeHost.Alignments;
using MergeHost.Architectures;
using MergeHost.Checkpoints;
using MergeHost.Models;
using MergeHost.Models.Calls;
using MergeHost.Options;
using MergeHost.Plans;
using MergeHost.Plugins;
using MergeHost.Plugins.Metadata;
using MergeHost.Recipes;

namespace MergeHost.Planning.Alignments;

/// <summary>Applies the alignments that a stage asks for to its models, one after the other.</summary>
/// <param name="stage">The stage.</param>
/// <param name="plugins">What may be used.</param>
/// <param name="host">Creates what is used.</param>
/// <param name="open">Opens checkpoints that take no part in the stage.</param>
/// <param name="keep">Keeps a reader until the plan is done with.</param>
/// <param name="problems">Receives what is wrong or worth knowing.</param>
internal sealed class StageAligner(
    RecipeStage stage, PluginSet plugins, PluginHost host, Func<ModelReference, InputModel> open,
    Func<ICheckpointReader, ICheckpointReader> keep,
    List<Problem> problems)
{
    /// <summary>Applies them.</summary>
    /// <param name="models">The models by the names that the recipe uses; those that are changed are replaced.</param>
    /// <exception cref="MergeHostException">There is no such alignment, its options are wrong,
    /// it refuses the models, or it fails.</exception>
    public IReadOnlyList<StageAlignment> Align(IDictionary<string, InputModel> models) =>
        [.. stage.Align.Select(reference => Align(reference, models))];

    private StageAlignment Align(TransformReference reference, IDictionary<string, InputModel> models)
    {
        InstalledExport installed = plugins.Resolve(ExportKind.Alignment, reference.Id, reference.Place);
        IModelAlignment alignment = host.Create<IModelAlignment>(installed);
        List<Problem> wrong = [];
        object options = OptionsReader.Read(new OptionsSchema(alignment.OptionsType, installed), installed.Export.Id, reference.Settings,
            reference.Place, wrong);
        if (wrong.Count > 0)
        {
            throw new MergeHostException(wrong);
        }

        InputModel[] inputs = [.. stage.Models.Select(model => models[model.Name]).Distinct()];
        StageCheckpoint[] checkpoints = [.. inputs.Select(input => new StageCheckpoint(input))];
        StageModel[] stageModels = [.. inputs.Zip(checkpoints, Describe)];
        List<InputModel> others = [];
        AlignmentContext context = new(
            stageModels, TensorRoles.Of, Find, name => Open(name, reference, others),
            problem => problems.Add(problem with { Place = problem.Place ?? reference.Place, Severity = Severity.Warning }));
        AlignedModels result = Guarded(installed, reference, () => Checked(installed, alignment.Align(context, options), inputs.Length));
        ICheckpointReader[] aligned = [.. result.Checkpoints.Select(reader => new PluginCheckpoint(reader, installed))];
        for (int index = 0; index < inputs.Length; index++)
        {
            if (result.Checkpoints[index] != checkpoints[index])
            {
                Replace(models, inputs[index], checkpoints[index], keep(aligned[index]), installed);
            }
        }

        return new StageAlignment(installed, result, others);

        StageModel? Find(string name)
        {
            int index = Array.FindIndex(inputs,
                input => models.TryGetValue(name, out InputModel? listed) ? listed == input : PathsOf(name).Contains(input.Path));
            return index < 0 ? null : stageModels[index];
        }

        StageModel Describe(InputModel input, StageCheckpoint checkpoint) => new(input.Name, checkpoint)
        {
            IsBase = stage.BaseModel is { } named && models[named.Name] == input,
            TiesEmbeddings = input.TiesEmbeddings,
        };
    }

    // A model that is named by another path is the same model.
    private string[] PathsOf(string name) => name.Length == 0 || name.Contains('\0', StringComparison.Ordinal) ? []
        : [Full(name), Full(Path.Combine(Path.GetDirectoryName(Path.GetFullPath(stage.Place.Path))!, name))];

    private static string Full(string path) => Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));

    private LentCheckpoint Open(string name, TransformReference reference, List<InputModel> opened)
    {
        InputModel other = open(new ModelReference(name, reference.Place ?? stage.Place));
        opened.Add(other);
        return new LentCheckpoint(other.Open());
    }

    private static void Replace(
        IDictionary<string, InputModel> models, InputModel input, StageCheckpoint checkpoint, ICheckpointReader aligned,
        InstalledExport installed)
    {
        InputModel made = input.Aligned(aligned, installed, earlier =>
        {
            checkpoint.Use(earlier);
            return aligned;
        });
        foreach (string name in models.Where(model => model.Value == input).Select(model => model.Key).ToArray())
        {
            models[name] = made;
        }
    }

    private static AlignedModels Checked(InstalledExport installed, AlignedModels? result, int count)
    {
        if (result is null || result.Checkpoints.Count != count || result.Checkpoints.Contains(null!))
        {
            throw PluginMistake.Broken(installed, "did not return a checkpoint for each model");
        }

        foreach (ICheckpointReader reader in result.Checkpoints)
        {
            HashSet<string> names = [];
            if (reader.Tensors.FirstOrDefault(tensor => !names.Add(tensor.Name)) is { } twin)
            {
                throw PluginMistake.Broken(installed, $"made two tensors of the name '{CheckpointException.Printable(twin.Name)}'");
            }
        }

        return result;
    }

    private static T Guarded<T>(InstalledExport installed, TransformReference reference, Func<T> call)
    {
        try
        {
            return PluginCall.Run(installed, null, call);
        }
        catch (MergeHostException exception)
        {
            throw new MergeHostException([.. exception.Problems.Select(problem => problem with
            {
                Place = problem.Place ?? reference.Place
            })]);
        }
    }
}
