using MergeHost.Checkpoints;
using MergeHost.Models;
using MergeHost.Recipes;
using MergeHost.Storage.Text;

namespace MergeHost.Planning;

/// <summary>The checkpoints beside models that options name, each opened once; they stay open as long as the models.</summary>
/// <param name="open">Opens one.</param>
/// <param name="problems">Receives why one cannot be opened, once each.</param>
internal sealed class AuxiliaryModels(Func<ModelReference, InputModel> open, List<Problem> problems)
{
    private readonly Dictionary<string, (InputModel Model, AuxiliaryCheckpoint Checkpoint)?> _opened = [];

    /// <summary>The models of those that could be opened, in the order in which they were named.</summary>
    public IReadOnlyList<InputModel> Opened =>
        [.. _opened.Values.OfType<(InputModel Model, AuxiliaryCheckpoint)>().Select(opened => opened.Model).Distinct()];

    /// <inheritdoc cref="Options.AuxiliaryOpener"/>
    public AuxiliaryCheckpoint? Open(YamlScalar name)
    {
        if (!_opened.TryGetValue(name.Text, out (InputModel Model, AuxiliaryCheckpoint Checkpoint)? opened))
        {
            _opened.Add(name.Text, opened = TryOpen(name));
        }

        return opened?.Checkpoint;
    }

    private (InputModel, AuxiliaryCheckpoint)? TryOpen(YamlScalar name)
    {
        try
        {
            InputModel model = open(new ModelReference(name.Text, name.Place));
            return (model, new AuxiliaryCheckpoint(name.Text, model.Open()));
        }
        catch (MergeHostException exception)
        {
            problems.AddRange(exception.Problems.Select(problem => problem with { Place = problem.Place ?? name.Place }));
            return null;
        }
    }
}
