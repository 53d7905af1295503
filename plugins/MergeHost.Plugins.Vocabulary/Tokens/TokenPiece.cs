namespace MergeHost.Plugins.Vocabulary.Tokens;

/// <summary>A piece that a tokenizer's model cuts text into.</summary>
/// <param name="Text">Its text, as the model spells it.</param>
/// <param name="Id">Its id.</param>
/// <param name="Score">Its score in a Unigram model; 0 in others.</param>
internal sealed record TokenPiece(string Text, int Id, double Score = 0);
