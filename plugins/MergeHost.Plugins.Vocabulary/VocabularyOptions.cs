using System.ComponentModel.DataAnnotations;
using MergeHost.Strategies;

namespace MergeHost.Plugins.Vocabulary;

/// <summary>The options of <c>vocabulary</c>: mergekit's <c>tokenizer:</c>, and what MergeHost adds to it.</summary>
public sealed record VocabularyOptions
{
    /// <summary>Whose tokens the output gets: <c>base</c>, <c>union</c> for those of all models,
    /// or a model, which need not take part.</summary>
    public string Source { get; init; } = "union";

    /// <summary>Where the rows of single tokens come from; tokens that no model has are added.</summary>
    public IReadOnlyDictionary<string, TokenOptions> Tokens { get; init; } = new Dictionary<string, TokenOptions>();

    /// <summary>Rows are added until their number is a multiple of this; each is the mean of a
    /// model's rows. Without it none are added.</summary>
    [Range(1, 1 << 20)]
    public int? PadToMultipleOf { get; init; }

    /// <summary>Keeps at least as many rows as the base has, where its embedding has more rows than tokens.</summary>
    public bool KeepRows { get; init; }

    /// <summary>Lets text that consists of the base's tokens alone be cut in another way than the base cuts it.</summary>
    public bool AllowRetokenization { get; init; }

    /// <summary>A text file whose paragraphs are tokenized before and after; without one, a small sample of several languages is.</summary>
    public string? Sample { get; init; }
}

/// <summary>What becomes of one token.</summary>
public sealed record TokenOptions
{
    /// <summary>Where its row comes from, for models that lack it: a model's row of the same token, or a mapping.</summary>
    public TokenSource? Source { get; init; }

    /// <summary>Whether models that have the token get that row, too.</summary>
    public bool Force { get; init; }
}

/// <summary>Where a row comes from.</summary>
public sealed record TokenSource
{
    /// <summary>What kind of row it is; without it, the row of the same token in a model.</summary>
    public TokenSourceKind? Kind { get; init; }

    /// <summary>The model that has the row.</summary>
    [ShortForm]
    public string? Model { get; init; }

    /// <summary>The token whose row it is.</summary>
    public string? Token { get; init; }

    /// <summary>The number of the row.</summary>
    [Range(0, int.MaxValue)]
    public int? TokenId { get; init; }
}

/// <summary>What kind of row a token gets.</summary>
public enum TokenSourceKind
{
    /// <summary>Zeros.</summary>
    Zero,

    /// <summary>That of a token of a model.</summary>
    ModelToken,
}
