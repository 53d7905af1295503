namespace MergeHost.Tokenizers;

/// <summary>Where SentencePiece's space is put in front.</summary>
internal enum SpacePrefix
{
    /// <summary>Nowhere.</summary>
    Never,

    /// <summary>In front of a text, but not of what follows an added token.</summary>
    First,

    /// <summary>In front of each part between added tokens.</summary>
    Always,
}
