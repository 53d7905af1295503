namespace MergeHost.Plugins.Vocabulary.Rows;

/// <summary>How a model that lacks a token gets a row for it.</summary>
internal enum RowRule
{
    /// <summary>One model has it: all get its row.</summary>
    OnlyOwner,

    /// <summary>The base has it: those that lack it get the base's row.</summary>
    Base,

    /// <summary>Some have it, the base does not: those that lack it get the mean of their rows.</summary>
    MeanOfOwners,

    /// <summary>No model has it: all get zeros.</summary>
    Zero,

    /// <summary>The recipe says zeros.</summary>
    GivenZero,

    /// <summary>The recipe names a model's row.</summary>
    Given,

    /// <summary>There is no token of that id: the mean of the model's rows, as behind the last.</summary>
    Hole,
}

/// <summary>The row that models get that lack a token.</summary>
/// <param name="Rule">By which rule.</param>
/// <param name="Rows">The rows that it is the mean of; none for zeros.</param>
/// <param name="IsForced">Whether models that have the token get it, too.</param>
internal sealed record RowFill(RowRule Rule, IReadOnlyList<RowPlace> Rows, bool IsForced = false)
{
    /// <summary>Whether its numbers are not simply those of a row that is stored.</summary>
    public bool IsMade => Rows.Count != 1;
}

/// <summary>A row of a model.</summary>
/// <param name="Model">The model's place among the models.</param>
/// <param name="Row">The row.</param>
internal readonly record struct RowPlace(int Model, int Row);
